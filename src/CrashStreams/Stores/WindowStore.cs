using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>
/// Values by window start and key. Windows with one start live in one bucket, so that an update finds its window by two look-ups, a window
/// closes in time proportional to what it emits, and expiry drops whole buckets.
/// Without an engine it holds everything; over one it is a write-back cache.
/// Changelog format (Kafka Streams): <c>key · start (8) · sequence (4, zero) → bare value</c>, stamped with the value's time.
/// </summary>
internal sealed partial class WindowStore<TKey, TValue>(
    string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long windowSizeMs, long retentionMs, StoreContext context)
    : IWindowStore<TKey, TValue>, IStateStore, IWindowHistory, IExpiringStore
    where TKey : notnull
{
    private const int SequenceSize = sizeof(int);

    private readonly SortedList<long, WindowBucket<TKey, TValue>> _buckets = [];
    private readonly HashSet<WindowBucket<TKey, TValue>> _dirty = [];
    private readonly ByteBuffer _keyBytes = new();
    private readonly ByteBuffer _valueBytes = new();
    // Kafka Streams writes them: its clock is not committed.
    private readonly bool _owesExpired = context.ChangelogTopic is not null && context.Clock.Mode == StreamTime.Observed;
    private WindowBucket<TKey, TValue>? _last;
    private long _expiredBefore = long.MinValue;
    private long _forgottenBefore;

    public string Name => name;

    public long LatestStart { get; private set; } = long.MinValue;

    public long ExpiredBefore => _expiredBefore;

    public long RetentionMs => retentionMs;

    public string? ChangelogTopic => context.ChangelogTopic;

    /// <summary>The entry of a key in a window, made when it is not there. Valid until the next call; mark it by <see cref="Touch"/>.</summary>
    public ref WindowEntry<TValue> Entry(TKey key, long startMs, out WindowBucket<TKey, TValue> bucket)
    {
        bucket = Bucket(startMs);
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(bucket.Entries, key, out var isCached);
        if (!isCached && !bucket.IsComplete)
            Load(startMs, key, ref entry);
        return ref entry;
    }

    /// <summary>Makes windows with this start show up, even without entries.</summary>
    public void Add(long startMs) => Bucket(startMs);

    /// <summary>The windows that start at a time; null when there are none.</summary>
    public WindowBucket<TKey, TValue>? Find(long startMs) => _buckets.GetValueOrDefault(startMs);

    /// <summary>Notes that an entry was changed.</summary>
    public void Touch(WindowBucket<TKey, TValue> bucket, TKey key, ref WindowEntry<TValue> entry)
    {
        if (entry.IsDirty)
            return;
        entry.IsDirty = true;
        if (bucket.Dirty.Count == 0)
            _dirty.Add(bucket);
        bucket.Dirty.Add(key);
    }

    public bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value)
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

    public void Put(TKey key, long startMs, TValue value, long timestamp)
    {
        ref var entry = ref Entry(key, startMs, out var bucket);
        entry.Value = value;
        entry.Timestamp = timestamp;
        entry.IsPresent = value is not null;
        Touch(bucket, key, ref entry);
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(TKey key, long fromStartMs, long toStartMs)
    {
        foreach (var bucket in _buckets.Values.ToArray())
        {
            if (bucket.StartMs >= fromStartMs && bucket.StartMs <= toStartMs && TryGet(key, bucket.StartMs, out var value))
                yield return new(new(key, WindowAt(bucket.StartMs)), value);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All()
    {
        foreach (var bucket in _buckets.Values.ToArray())
        {
            foreach (var (key, entry) in InKeyOrder(bucket))
                yield return new(new(key, WindowAt(bucket.StartMs)), new(entry.Value, entry.Timestamp));
        }
    }

    /// <summary>The buckets in order of start, from the first at or after <paramref name="fromStartMs"/> on.</summary>
    public int IndexOf(long fromStartMs)
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

    public WindowBucket<TKey, TValue>? At(int index) => index < _buckets.Count ? _buckets.GetValueAtIndex(index) : null;

    /// <summary>A bucket's present entries in the order of their serialized keys.</summary>
    public List<(TKey Key, WindowEntry<TValue> Entry)> InKeyOrder(WindowBucket<TKey, TValue> bucket)
    {
        if (!bucket.IsComplete)
            return Merged(bucket);
        var sorted = new List<(byte[] Bytes, TKey Key, WindowEntry<TValue> Entry)>(bucket.Entries.Count);
        foreach (var (key, entry) in bucket.Entries)
        {
            if (!entry.IsPresent)
                continue;
            sorted.Add((Bytes(key), key, entry));
        }

        sorted.Sort((a, b) => KeyOrder.Instance.Compare(a.Bytes, b.Bytes));
        return sorted.ConvertAll(e => (e.Key, e.Entry));
    }

    /// <summary>Forgets windows that start the retention or more before <paramref name="referenceMs"/>.</summary>
    public void Expire(long referenceMs)
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

    public bool ForgetRestored(long watermarkMs)
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

    public void Flush(IChangelogWriter changelog)
    {
        if (_engine is not null)
        {
            FlushToEngine(changelog);
            return;
        }

        foreach (var bucket in _dirty)
        {
            foreach (var key in bucket.Dirty)
            {
                ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(bucket.Entries, key);
                entry.IsDirty = false;
                Append(changelog, bucket.StartMs, key, in entry);
                if (!entry.IsPresent)
                    bucket.Entries.Remove(key);
            }

            bucket.Dirty.Clear();
        }

        _dirty.Clear();
    }

    public void Restore(in LogRecord record)
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

    private Window WindowAt(long startMs) => new(startMs, startMs + windowSizeMs);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private WindowBucket<TKey, TValue> Bucket(long startMs) =>
        _last is { } last && last.StartMs == startMs ? last : FindBucket(startMs);

    private WindowBucket<TKey, TValue> FindBucket(long startMs)
    {
        if (!_buckets.TryGetValue(startMs, out var bucket))
        {
            _buckets.Add(startMs, bucket = new(startMs, isComplete: true));
            LatestStart = Math.Max(LatestStart, startMs);
        }

        return _last = bucket;
    }

    private void Append(IChangelogWriter changelog, long startMs, TKey key, in WindowEntry<TValue> entry)
    {
        if (ChangelogTopic is null)
            return;
        _keyBytes.Clear();
        keySerde.Serialize(key, _keyBytes);
        _keyBytes.WriteInt64(startMs);
        _keyBytes.WriteInt32(0);
        _valueBytes.Clear();
        if (entry.IsPresent)
            valueSerde.Serialize(entry.Value, _valueBytes);
        changelog.Append(this, new LogRecord
        {
            Key = _keyBytes.Written,
            HasKey = true,
            Value = _valueBytes.Written,
            HasValue = entry.IsPresent,
            Timestamp = entry.Timestamp,
        });
    }
}
