using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>Keys and values as objects. Without an engine it holds everything; over one it is a write-back cache.</summary>
internal sealed partial class ObjectWindowStore<TKey, TValue>(
    string name, string kind, Serde<TKey> keySerde, Serde<TValue> valueSerde, IWindowEnds windows, long retentionMs, StoreContext context)
    : WindowStore<TKey, TValue>(name, windows, context)
    where TKey : notnull
{
    private const int SequenceSize = sizeof(int);

    // A new window begins with room for as many keys as the last one had, but no more: it may stay empty.
    private const int MostRoom = 1_024;

    private readonly SortedList<long, WindowBucket<TKey, TValue>> _buckets = [];
    private readonly HashSet<WindowBucket<TKey, TValue>> _dirty = [];
    private readonly ByteBuffer _keyBytes = new();
    private readonly ByteBuffer _valueBytes = new();
    // Kafka Streams writes them: its clock is not committed.
    private readonly bool _owesExpired = context.ChangelogTopic is not null && context.Clock.Mode == StreamTime.Observed;
    private readonly List<KeyPlace> _places = [];
    private Comparison<KeyPlace>? _byBytes;
    private WindowBucket<TKey, TValue>? _last;
    private long _expiredBefore = long.MinValue;
    private long _forgottenBefore;
    private long _latestStart = long.MinValue;

    public override long LatestStart => _latestStart;

    public override long ExpiredBefore => _expiredBefore;

    public override long RetentionMs => retentionMs;

    protected override Serde<TKey> KeySerde => keySerde;

    public override ref WindowEntry<TValue> Entry(TKey key, long startMs, out WindowBucket bucket)
    {
        var found = Bucket(startMs);
        bucket = found;
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(found.Entries, key, out var isCached);
        if (!isCached && !found.IsComplete)
            Load(startMs, key, ref entry);
        return ref entry;
    }

    public override void Add(long startMs) => Bucket(startMs);

    public override WindowBucket? Find(long startMs) => _buckets.GetValueOrDefault(startMs);

    public override void Set(WindowBucket bucket, TKey key, ref WindowEntry<TValue> entry, TValue value, bool isPresent, long timestamp)
    {
        if (!entry.IsDirty)
            Note((WindowBucket<TKey, TValue>)bucket, key, ref entry);
        entry.Value = value;
        entry.Timestamp = timestamp;
        entry.IsPresent = isPresent;
    }

    public override bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value)
    {
        value = default;
        if (!_buckets.TryGetValue(startMs, out var bucket))
            return false;
        if (!bucket.Entries.TryGetValue(key, out var entry))
        {
            if (bucket.IsComplete)
                return false;
            entry = Entry(key, startMs, out _);
        }

        if (!entry.IsPresent)
            return false;
        value = new(entry.Value, entry.Timestamp);
        return true;
    }

    public override int IndexOf(long fromStartMs)
    {
        var (low, high) = (0, _buckets.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_buckets.GetKeyAtIndex(middle) < fromStartMs)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    public override WindowBucket? At(int index) => index < _buckets.Count ? _buckets.GetValueAtIndex(index) : null;

    public override List<(TKey Key, WindowEntry<TValue> Entry)> InKeyOrder(WindowBucket bucket) => InKeyOrder((WindowBucket<TKey, TValue>)bucket);

    private List<(TKey Key, WindowEntry<TValue> Entry)> InKeyOrder(WindowBucket<TKey, TValue> bucket)
    {
        if (!bucket.IsComplete)
            return Merged(bucket);
        // The keys' bytes one behind the other, and their places in order: a window of many keys closes without an array for each.
        _keyBytes.Clear();
        _places.Clear();
        var present = new List<(TKey Key, WindowEntry<TValue> Entry)>(bucket.Entries.Count);
        foreach (var (key, entry) in bucket.Entries)
        {
            if (!entry.IsPresent)
                continue;
            var from = _keyBytes.Length;
            keySerde.Serialize(key, _keyBytes);
            _places.Add(new(from, _keyBytes.Length - from, present.Count));
            present.Add((key, entry));
        }

        _places.Sort(_byBytes ??= (a, b) => _keyBytes.Written.Slice(a.From, a.Length).SequenceCompareTo(_keyBytes.Written.Slice(b.From, b.Length)));
        var sorted = new List<(TKey Key, WindowEntry<TValue> Entry)>(present.Count);
        foreach (var place in _places)
            sorted.Add(present[place.Index]);
        return sorted;
    }

    public override void Expire(long referenceMs)
    {
        if (referenceMs == TaskClock.Unknown)
            return;
        // Also what was written since into windows that had expired: with the Observed clock an input that lags behind another one of the same store does that.
        var before = _expiredBefore = Math.Max(_expiredBefore, referenceMs - retentionMs + 1);
        while (_buckets.Count > 0 && _buckets.GetKeyAtIndex(0) < before)
        {
            var bucket = _buckets.GetValueAtIndex(0);
            // The commit that would write its entries commits the clock as well, by which nobody wants them any more. See docs/state.md.
            if (!_owesExpired)
                _dirty.Remove(bucket);
            _buckets.RemoveAt(0);
            _deleteBefore = before;
            Forget(bucket);
            if (_last == bucket)
                _last = null;
        }
    }

    public override bool ForgetRestored(long watermarkMs)
    {
        var before = watermarkMs - retentionMs + 1;
        if (watermarkMs == TaskClock.Unknown || before <= Math.Max(0, _forgottenBefore))
            return false;
        _forgottenBefore = before;
        _last = null;
        while (_buckets.Count > 0 && _buckets.GetKeyAtIndex(0) < before)
            _buckets.RemoveAt(0);
        if (_engine is null)
            return false;
        DeleteBefore(before);
        return true;
    }

    public override void Flush(IChangelogWriter changelog)
    {
        if (_engine is not null)
        {
            FlushToEngine(changelog);
            return;
        }

        foreach (var bucket in _dirty)
        {
            foreach (ref readonly var change in CollectionsMarshal.AsSpan(bucket.Dirty))
            {
                ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(bucket.Entries, change.Key);
                entry.IsDirty = false;
                // What the log does not take is what it was at the last commit.
                var size = entry.Size;
                if (!Append(changelog, bucket.StartMs, change.Key, ref entry))
                    (entry.Value, entry.Timestamp, entry.IsPresent) = (change.Value, change.Timestamp, change.WasPresent);
                if (!bucket.IsExpired)
                    _size.Resize(size, entry.IsPresent ? entry.Size : 0);
                if (!entry.IsPresent)
                    bucket.Entries.Remove(change.Key);
            }

            bucket.Dirty.Clear();
        }

        _dirty.Clear();
    }

    public override void Restore(in LogRecord record)
    {
        if (_engine is not null)
        {
            RestoreToEngine(in record);
            return;
        }

        var start = StartOf(record.Key);
        var key = keySerde.Deserialize(record.Key[..^(sizeof(long) + SequenceSize)]);
        if (!record.HasValue)
        {
            Bucket(start).Entries.Remove(key);
            return;
        }

        ref var entry = ref Entry(key, start, out _);
        entry.Value = valueSerde.Deserialize(record.Value);
        entry.Timestamp = record.Timestamp;
        entry.IsPresent = true;
    }

    private static long StartOf(ReadOnlySpan<byte> changelogKey) => BinaryPrimitives.ReadInt64BigEndian(changelogKey[^(sizeof(long) + SequenceSize)..]);

    private byte[] Bytes(TKey key)
    {
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        return _keyBytes.Written.ToArray();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private WindowBucket<TKey, TValue> Bucket(long startMs) =>
        _last is { } last && last.StartMs == startMs ? last : FindBucket(startMs);

    private void Note(WindowBucket<TKey, TValue> bucket, TKey key, ref WindowEntry<TValue> entry)
    {
        entry.IsDirty = true;
        if (bucket.Dirty.Count == 0)
            _dirty.Add(bucket);
        bucket.Dirty.Add(new(key, entry.Value, entry.Timestamp, entry.IsPresent));
    }

    private WindowBucket<TKey, TValue> FindBucket(long startMs)
    {
        if (!_buckets.TryGetValue(startMs, out var bucket))
        {
            _buckets.Add(startMs, bucket = new(startMs, isComplete: true, Math.Min(MostRoom, _last?.Entries.Count ?? 0)));
            _latestStart = Math.Max(_latestStart, startMs);
        }

        return _last = bucket;
    }

    private bool Append(IChangelogWriter changelog, long startMs, TKey key, ref WindowEntry<TValue> entry)
    {
        if (ChangelogTopic is null)
            return true;
        _keyBytes.Clear();
        _valueBytes.Clear();
        try
        {
            keySerde.Serialize(key, _keyBytes);
            if (entry.IsPresent)
                valueSerde.Serialize(entry.Value, _valueBytes);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            changelog.Refuse(this, e);
            return false;
        }

        _keyBytes.WriteInt64(startMs);
        _keyBytes.WriteInt32(0);
        var isTaken = changelog.Append(this, new LogRecord
        {
            Key = _keyBytes.Written,
            HasKey = true,
            Value = _valueBytes.Written,
            HasValue = entry.IsPresent,
            Timestamp = entry.Timestamp,
        });
        if (isTaken)
            entry.Size = _keyBytes.Length + _valueBytes.Length;
        return isTaken;
    }

    /// <summary>Where a key's bytes are, and which of the entries is its own.</summary>
    private readonly record struct KeyPlace(int From, int Length, int Index);
}
