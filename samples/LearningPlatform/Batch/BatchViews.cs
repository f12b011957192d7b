using System.Text;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Topology;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Batch;

/// <summary>
/// A job's views of all that is in its topic, by the rules of the live run, in one pass: an event is late by its own partition's time, and a window closes when the slowest partition has passed it.
/// There is no shuffle, because there is one reader.
/// </summary>
internal sealed class BatchViews
{
    private const int EventsPerStep = 50_000;

    private readonly LearningEventSerde _serde;
    private readonly IReadOnlyList<ViewPlan> _plans;
    private readonly PartialTallies _sums;
    private readonly JoinedRows? _joined;
    private readonly OpenWindows _windows;
    private readonly Dictionary<int, long> _watermarks = [];
    private readonly Action<ViewRow> _emit;
    private readonly long _latestMs;
    private int _sinceStep;

    /// <param name="job">The job.</param>
    /// <param name="grace">How long rows wait for late events.</param>
    /// <param name="latest">Events beyond are not believed.</param>
    /// <param name="partitions">Those with records: none of them is passed before it was read.</param>
    /// <param name="emit">Gets the rows.</param>
    public BatchViews(Job job, TimeSpan grace, DateTimeOffset latest, IEnumerable<int> partitions, Action<ViewRow> emit)
    {
        _serde = new(job);
        _plans = ViewPlan.Of(job, grace);
        _sums = new([.. _plans.Where(plan => plan.View.Join is null)]);
        _joined = _plans.SingleOrDefault(plan => plan.View.Join is not null) is { } joined ? new(joined) : null;
        _windows = new(_plans, watermark: -1);
        _latestMs = latest.ToUnixTimeMilliseconds();
        _emit = emit;
        foreach (var partition in partitions)
            _watermarks[partition] = -1;
    }

    /// <summary>Takes the next record of a partition.</summary>
    public void Add(int partition, in LogRecord record)
    {
        if (!record.HasValue || !_serde.TryDeserialize(record.Value, out var e, out _) || e.TimeMs < 0)
            return;
        var watermark = _watermarks[partition];
        if (e.TimeMs > watermark && e.TimeMs > _latestMs)
            return;
        _watermarks[partition] = watermark = Math.Max(watermark, e.TimeMs);
        _sums.Add(e, watermark);
        if (_joined is not null)
            Join(e, watermark);
        if (++_sinceStep >= EventsPerStep)
            CloseThrough(_watermarks.Values.Min());
    }

    /// <summary>Closes what is over when nothing more comes but in some partitions.</summary>
    /// <param name="active">Partitions that are still written; when there are none, nobody has to be waited for.</param>
    /// <returns>For each view until when its rows are complete.</returns>
    public IReadOnlyList<(View View, DateTimeOffset End)> Finish(IReadOnlyCollection<int> active)
    {
        var read = _watermarks.Where(partition => active.Contains(partition.Key) || active.Count == 0).Select(partition => partition.Value).DefaultIfEmpty(-1).ToList();
        var watermark = active.Count == 0 ? read.Max() : read.Min();
        CloseThrough(watermark);
        return [.. _plans.Select(plan => (plan.View, DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(0, watermark - plan.SpanMs))))];
    }

    private void Join(LearningEvent e, long watermark)
    {
        var plan = _plans.Single(plan => plan.View.Join is not null);
        var join = plan.View.Join!;
        var isRight = join.Right(e);
        if (!isRight && !join.Left(e))
            return;
        var hasGroup = isRight == (join.Kind == JoinKind.Inner);
        var touch = new Touch(isRight, Encoding.UTF8.GetBytes(join.On(e)!), hasGroup ? Encoding.UTF8.GetBytes(plan.GroupOf(e)!) : [], e.TimeMs, watermark);
        _joined!.Add(in touch);
    }

    private void CloseThrough(long watermark)
    {
        _sinceStep = 0;
        _sums.Drain(_windows.Add);
        _joined?.Rows.Drain(_windows.Add);
        _joined?.Expire(watermark, store: null);
        _windows.Close(watermark, _emit, forget: null);
        // Nothing is stored.
        _windows.Dirty.Clear();
    }
}
