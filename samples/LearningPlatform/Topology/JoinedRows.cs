using System.Text;
using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Stores;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// Joins the events of a task, and adds the joined rows up. A row counts when both of its events were read before its window closes, in whatever order they come here: each pair is made when the later
/// one comes. A left event that has no partner yet counts as a row without one, which is taken back when the first partner comes; so nothing has to wait, and in the end only those are left that
/// have none.
/// </summary>
internal sealed class JoinedRows
{
    private const int LongestPart = 48 * 1024;

    private readonly SortedDictionary<long, TouchBucket> _buckets = [];
    private readonly LearningEvent _row = new();
    private readonly ViewPlan _plan;
    private readonly bool _isLeft;
    private readonly long _withinMs;
    private readonly long _holdMs;

    /// <param name="plan">The view that joins.</param>
    public JoinedRows(ViewPlan plan)
    {
        var join = plan.View.Join!;
        _plan = plan;
        Rows = new([plan]);
        _isLeft = join.Kind == JoinKind.Left;
        _withinMs = (long)join.Within.TotalMilliseconds;
        // Of an inner join the row is in the window of the right event, which may be as much later.
        _holdMs = plan.SizeMs + plan.SpanMs + (_isLeft ? 0 : _withinMs + plan.SizeMs);
    }

    /// <summary>The rows since they were drained last.</summary>
    public PartialTallies Rows { get; }

    /// <summary>Joins an event with those that came before; false when it is late for all of its rows.</summary>
    public bool Add(in Touch touch) => touch.IsRight ? AddRight(in touch) : AddLeft(in touch);

    /// <summary>Forgets what can be in no row any more when event time has come to a watermark.</summary>
    public void Expire(long watermark, IKeyValueStore<byte[], byte[]>? store)
    {
        while (_buckets.Count > 0 && _buckets.First().Value is var oldest && oldest.StartMs + _holdMs <= watermark)
        {
            _buckets.Remove(oldest.StartMs);
            for (var part = 0; part < oldest.Parts; part++)
                store?.Delete(Key(oldest.StartMs, part));
        }
    }

    /// <summary>Puts into a store what is not in it yet.</summary>
    public void Save(IKeyValueStore<byte[], byte[]> store)
    {
        foreach (var bucket in _buckets.Values)
        {
            if (bucket.Saved == bucket.End)
                continue;
            foreach (var part in bucket.Unsaved(LongestPart))
                store.Put(Key(bucket.StartMs, bucket.Parts++), Compressed.Of(part));
            bucket.Saved = bucket.End;
        }
    }

    /// <summary>Reads what an earlier life of the task has left. Its rows were counted then.</summary>
    public void Load(IKeyValueStore<byte[], byte[]> store)
    {
        foreach (var (key, part) in store.All())
        {
            var bucket = BucketAt(new PackedReader(key).BigEndian());
            bucket.Restore(Compressed.Read(part));
            bucket.Parts++;
            bucket.Saved = bucket.End;
        }

        if (!_isLeft)
            return;
        foreach (var bucket in _buckets.Values)
        {
            foreach (var entry in bucket.Entries())
            {
                if (bucket[entry] is { IsRight: true } right)
                    MeetLefts(in right, isKnown: true);
            }
        }
    }

    private bool AddLeft(in Touch left)
    {
        if (left.Watermark >= _plan.LastClosing(left.TimeMs) + (_isLeft ? 0 : _withinMs + _plan.SizeMs))
            return false;
        var hasMet = false;
        for (var start = _plan.PaneOf(left.TimeMs); start <= left.TimeMs + _withinMs; start += _plan.SizeMs)
        {
            if (!_buckets.TryGetValue(start, out var bucket))
                continue;
            for (var entry = bucket.Find(left.Id); entry >= 0; entry = bucket.Before(entry))
            {
                var right = bucket[entry];
                if (right.IsRight && right.TimeMs >= left.TimeMs && right.TimeMs <= left.TimeMs + _withinMs)
                    hasMet |= Meet(in left, in right);
            }
        }

        if (_isLeft && !hasMet)
            AddRow(in left, null, left.Watermark, 1);
        BucketAt(_plan.PaneOf(left.TimeMs)).Add(in left, hasMet);
        return true;
    }

    private bool AddRight(in Touch right)
    {
        if (right.Watermark >= _plan.LastClosing(right.TimeMs))
            return false;
        MeetLefts(in right, isKnown: false);
        BucketAt(_plan.PaneOf(right.TimeMs)).Add(in right, hasMet: false);
        return true;
    }

    private void MeetLefts(in Touch right, bool isKnown)
    {
        for (var start = _plan.PaneOf(Math.Max(0, right.TimeMs - _withinMs)); start <= right.TimeMs; start += _plan.SizeMs)
        {
            if (!_buckets.TryGetValue(start, out var bucket))
                continue;
            for (var entry = bucket.Find(right.Id); entry >= 0; entry = bucket.Before(entry))
            {
                var left = bucket[entry];
                if (left.IsRight || left.TimeMs > right.TimeMs || left.TimeMs < right.TimeMs - _withinMs)
                    continue;
                if (isKnown ? !IsInTime(in left, in right) : !Meet(in left, in right))
                    continue;
                if (_isLeft && !isKnown && !bucket.HasMet(entry))
                    AddRow(in left, null, Math.Max(left.Watermark, right.Watermark), -1);
                bucket.SetMet(entry);
            }
        }
    }

    private bool Meet(in Touch left, in Touch right)
    {
        if (!IsInTime(in left, in right))
            return false;
        var watermark = Math.Max(left.Watermark, right.Watermark);
        if (_isLeft)
            AddRow(in left, right.TimeMs - left.TimeMs, watermark, 1);
        else
            AddRow(in right, right.TimeMs - left.TimeMs, watermark, 1);
        return true;
    }

    private bool IsInTime(in Touch left, in Touch right) => Math.Max(left.Watermark, right.Watermark) < _plan.LastClosing(_isLeft ? left.TimeMs : right.TimeMs);

    private void AddRow(in Touch touch, long? elapsedMs, long watermark, int weight)
    {
        _row.ElapsedMs = elapsedMs;
        Rows.Add(0, touch.Group.IsEmpty ? "" : Encoding.UTF8.GetString(touch.Group), _row, touch.TimeMs, watermark, weight);
    }

    private TouchBucket BucketAt(long startMs)
    {
        if (!_buckets.TryGetValue(startMs, out var bucket))
            _buckets[startMs] = bucket = new(startMs);
        return bucket;
    }

    private static byte[] Key(long startMs, int part)
    {
        var writer = new PackedWriter();
        writer.BigEndian(startMs);
        writer.BigEndian(part);
        return writer.Written.ToArray();
    }
}
