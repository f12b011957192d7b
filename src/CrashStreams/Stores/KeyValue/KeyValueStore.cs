using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Values by key. Serves plain stores (the changelog carries the record's time) and timestamped ones (the value's time). Keys are told apart by their
/// serialized bytes.
/// </summary>
internal abstract class KeyValueStore<TKey, TValue>(string name, StoreContext context) : IKeyValueStore<TKey, TValue>, IStateStore
    where TKey : notnull
{
    public string Name => name;

    public string? ChangelogTopic => context.ChangelogTopic;

    public abstract string Kind { get; }

    public abstract StoreEngine? Engine { get; }

    public abstract long CachedBytes { get; }

    public abstract long DirtyBytes { get; }

    public abstract long Count { get; }

    protected StoreContext Context => context;

    /// <summary>Objects where that can't be noticed, else bytes: see <see cref="Serde{T}.EqualityIsThatOfBytes"/> and <see cref="Serde{T}.ValuesAreImmutable"/>.</summary>
    public static KeyValueStore<TKey, TValue> Create(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, bool isTimestamped, StoreContext context)
    {
        var kind = $"{(isTimestamped ? "timestamped " : "")}key-value {typeof(TKey)} {typeof(TValue)}";
        return keySerde.EqualityIsThatOfBytes && valueSerde.ValuesAreImmutable
            ? new ObjectKeyValueStore<TKey, TValue>(name, kind, keySerde, valueSerde, isTimestamped, context)
            : new BytesKeyValueStore<TKey, TValue>(name, kind, keySerde, valueSerde, isTimestamped, context);
    }

    public bool TryGet(TKey key, out TValue value) => TryGet(key, out value, out _);

    public abstract bool TryGet(TKey key, out TValue value, out long timestamp);

    public void Put(TKey key, TValue value) => Put(key, value, value is not null, context.Clock.RecordTime);

    public abstract void Put(TKey key, TValue value, bool isPresent, long timestamp);

    public bool Delete(TKey key)
    {
        var existed = TryGet(key, out _);
        Put(key, default!, isPresent: false, context.Clock.RecordTime);
        return existed;
    }

    public IEnumerable<KeyValuePair<TKey, TValue>> All(bool reversed = false) => Between([], [], reversed);

    public IEnumerable<KeyValuePair<TKey, TValue>> Range(TKey from, TKey to, bool reversed = false)
    {
        // The first key behind the last one that is wanted.
        var (low, high) = (Bytes(from), Bytes(to));
        return low.AsSpan().SequenceCompareTo(high) > 0 ? [] : Between(low, [.. high, 0], reversed);
    }

    public IEnumerable<KeyValuePair<TKey, TValue>> Prefix<TPrefix>(TPrefix prefix, Serde<TPrefix> serde, bool reversed = false)
    {
        var bytes = new ByteBuffer();
        serde.Serialize(prefix, bytes);
        var end = OrderedStore.EndOfPrefix(bytes.Written, new byte[bytes.Length]);
        return Between(bytes.Written.ToArray(), end.ToArray(), reversed);
    }

    public abstract void Attach(StoreEngine engine);

    public abstract void Flush(IChangelogWriter changelog);

    public abstract void Restore(in LogRecord record);

    public abstract void Restored();

    public abstract void Evict(long bytes);

    /// <summary>The entries whose keys' bytes lie between both, the upper one excluded; empty: without a bound.</summary>
    protected internal abstract IEnumerable<KeyValuePair<TKey, TValue>> Between(byte[] from, byte[] to, bool reversed);

    protected abstract byte[] Bytes(TKey key);
}
