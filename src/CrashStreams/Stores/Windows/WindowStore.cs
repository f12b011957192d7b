using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Values by window start and key. Windows with one start live in one bucket, so that an update finds its window by two look-ups, a window closes in time
/// proportional to what it emits, and expiry drops whole buckets. Keys are told apart by their serialized bytes.
/// Changelog format (Kafka Streams): <c>key · start (8) · sequence (4, zero) → bare value</c>, stamped with the value's time.
/// </summary>
internal abstract class WindowStore<TKey, TValue>(string name, IWindowEnds windows, StoreContext context)
    : IWindowStore<TKey, TValue>, IStateStore, IWindowHistory, IExpiringStore
    where TKey : notnull
{
    public string Name => name;

    public string? ChangelogTopic => context.ChangelogTopic;

    public abstract string Kind { get; }

    public abstract StoreEngine? Engine { get; }

    public abstract long CachedBytes { get; }

    public abstract long DirtyBytes { get; }

    public abstract long LatestStart { get; }

    public abstract long ExpiredBefore { get; }

    public abstract long RetentionMs { get; }

    protected abstract Serde<TKey> KeySerde { get; }

    /// <summary>Objects where that can't be noticed, else bytes: see <see cref="Serde{T}.EqualityIsThatOfBytes"/> and <see cref="Serde{T}.ValuesAreImmutable"/>.</summary>
    public static WindowStore<TKey, TValue> Create(
        string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, IWindowEnds windows, long retentionMs, StoreContext context)
    {
        var kind = $"window {windows.Shape} {typeof(TKey)} {typeof(TValue)}";
        return keySerde.EqualityIsThatOfBytes && valueSerde.ValuesAreImmutable
            ? new ObjectWindowStore<TKey, TValue>(name, kind, keySerde, valueSerde, windows, retentionMs, context)
            : new BytesWindowStore<TKey, TValue>(name, kind, keySerde, valueSerde, windows, retentionMs, context);
    }

    /// <summary>The entry of a key in a window, made when it is not there. Valid until the next call; change it by <see cref="Set"/> alone.</summary>
    public abstract ref WindowEntry<TValue> Entry(TKey key, long startMs, out WindowBucket bucket);

    /// <summary>Changes what <see cref="Entry"/> has just answered.</summary>
    public abstract void Set(WindowBucket bucket, TKey key, ref WindowEntry<TValue> entry, TValue value, bool isPresent, long timestamp);

    /// <summary>Makes windows with this start show up, even without entries.</summary>
    public abstract void Add(long startMs);

    /// <summary>The windows that start at a time; null when there are none.</summary>
    public abstract WindowBucket? Find(long startMs);

    /// <summary>The number of buckets that start before a time: the place of the first that does not.</summary>
    public abstract int IndexOf(long fromStartMs);

    /// <summary>The bucket at a place in the order of starts; null behind the last.</summary>
    public abstract WindowBucket? At(int index);

    /// <summary>A bucket's present entries in the order of their serialized keys.</summary>
    public abstract List<(TKey Key, WindowEntry<TValue> Entry)> InKeyOrder(WindowBucket bucket);

    public abstract bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value);

    // A processor's store has no operator that lets its windows expire.
    public void Put(TKey key, long startMs, TValue value, long timestamp)
    {
        if (startMs < ExpiredBefore)
            return;
        ref var entry = ref Entry(key, startMs, out var bucket);
        Set(bucket, key, ref entry, value, value is not null, timestamp);
        Expire(context.Clock.Mode == StreamTime.Observed ? LatestStart : context.Clock.Watermark);
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(TKey key, long fromStartMs, long toStartMs, bool reversed = false)
    {
        foreach (var bucket in Buckets(fromStartMs, toStartMs, reversed))
        {
            if (TryGet(key, bucket.StartMs, out var value))
                yield return new(new(key, WindowAt(bucket.StartMs)), value);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(long fromStartMs, long toStartMs, bool reversed = false)
    {
        foreach (var bucket in Buckets(fromStartMs, toStartMs, reversed))
        {
            var entries = InKeyOrder(bucket);
            if (reversed)
                entries.Reverse();
            foreach (var (key, entry) in entries)
                yield return new(new(key, WindowAt(bucket.StartMs)), new(entry.Value, entry.Timestamp));
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Range(TKey from, TKey to, long fromStartMs, long toStartMs, bool reversed = false)
    {
        var keys = new KeyRange<TKey>(KeySerde, from, to);
        return FetchAll(fromStartMs, toStartMs, reversed).Where(e => keys.Holds(e.Key.Key));
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reversed = false) => FetchAll(long.MinValue, long.MaxValue, reversed);

    /// <summary>Forgets windows that start the retention or more before <paramref name="referenceMs"/>.</summary>
    public abstract void Expire(long referenceMs);

    public abstract bool ForgetRestored(long watermarkMs);

    public abstract void Attach(StoreEngine engine);

    public abstract void Flush(IChangelogWriter changelog);

    public abstract void Restore(in LogRecord record);

    public abstract void Restored();

    public abstract void Evict(long bytes);

    // The store may be changed meanwhile: each bucket is looked for by its start.
    private IEnumerable<WindowBucket> Buckets(long fromStartMs, long toStartMs, bool reversed)
    {
        for (var bucket = reversed ? LastUpTo(toStartMs) : At(IndexOf(fromStartMs)); bucket is not null && bucket.StartMs >= fromStartMs && bucket.StartMs <= toStartMs;)
        {
            yield return bucket;
            bucket = reversed ? LastUpTo(bucket.StartMs - 1) : At(IndexOf(bucket.StartMs + 1));
        }
    }

    private WindowBucket? LastUpTo(long startMs)
    {
        var places = startMs == long.MaxValue ? IndexOf(startMs) + 1 : IndexOf(startMs + 1);
        while (places > 0)
        {
            if (At(places - 1) is { } bucket)
                return bucket;
            places--;
        }

        return null;
    }

    private Window WindowAt(long startMs) => new(startMs, windows.EndOf(startMs));
}
