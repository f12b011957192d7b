using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Keys and values in bytes: for keys that are equal as objects and differ in their bytes, or the other way round, and for values that a program may
/// change in place. What is handed out is a copy; what can't be serialized is not set.
/// </summary>
internal sealed class BytesWindowStore<TKey, TValue>(
    string name, string kind, Serde<TKey> keySerde, Serde<TValue> valueSerde, IWindowEnds windows, long retentionMs, StoreContext context)
    : WindowStore<TKey, TValue>(name, windows, context)
    where TKey : notnull
{
    private readonly ObjectWindowStore<SerializedKey, byte[]> _inner =
        new(name, kind, SerializedKeySerde.Instance, Serdes.Bytes, windows, retentionMs, context);

    private readonly ByteBuffer _bytes = new();
    private WindowEntry<TValue> _entry;

    // Of the entry: a program may change its key object before it is set.
    private SerializedKey _key;

    public override string Kind => kind;

    public override StoreEngine? Engine => _inner.Engine;

    public override long CachedBytes => _inner.CachedBytes;

    public override long DirtyBytes => _inner.DirtyBytes;

    public override long LatestStart => _inner.LatestStart;

    public override long ExpiredBefore => _inner.ExpiredBefore;

    public override long RetentionMs => _inner.RetentionMs;

    protected override Serde<TKey> KeySerde => keySerde;

    public override ref WindowEntry<TValue> Entry(TKey key, long startMs, out WindowBucket bucket)
    {
        _key = Serialized(key);
        ref var inner = ref _inner.Entry(_key, startMs, out bucket);
        _entry = Read(in inner);
        return ref _entry;
    }

    public override void Set(WindowBucket bucket, TKey key, ref WindowEntry<TValue> entry, TValue value, bool isPresent, long timestamp)
    {
        var serialized = isPresent ? Serialized(value) : [];
        ref var inner = ref _inner.Entry(_key, bucket.StartMs, out _);
        _inner.Set(bucket, _key, ref inner, serialized, isPresent, timestamp);
        (entry.Value, entry.IsPresent, entry.Timestamp) = (value, isPresent, timestamp);
    }

    public override void Add(long startMs) => _inner.Add(startMs);

    public override WindowBucket? Find(long startMs) => _inner.Find(startMs);

    public override int IndexOf(long fromStartMs) => _inner.IndexOf(fromStartMs);

    public override WindowBucket? At(int index) => _inner.At(index);

    public override List<(TKey Key, WindowEntry<TValue> Entry)> InKeyOrder(WindowBucket bucket) =>
        _inner.InKeyOrder(bucket).ConvertAll(e => (keySerde.Deserialize(e.Key.Bytes), Read(in e.Entry)));

    public override bool TryGet(TKey key, long startMs, out ValueAndTimestamp<TValue> value)
    {
        var exists = _inner.TryGet(Serialized(key), startMs, out var bytes);
        value = exists ? new(valueSerde.Deserialize(bytes.Value), bytes.Timestamp) : default;
        return exists;
    }

    public override void Expire(long referenceMs) => _inner.Expire(referenceMs);

    public override bool ForgetRestored(long watermarkMs) => _inner.ForgetRestored(watermarkMs);

    public override void Attach(StoreEngine engine) => _inner.Attach(engine);

    public override void Flush(IChangelogWriter changelog) => _inner.Flush(changelog);

    public override void Restore(in LogRecord record) => _inner.Restore(in record);

    public override void Restored() => _inner.Restored();

    public override void Evict(long bytes) => _inner.Evict(bytes);

    private SerializedKey Serialized(TKey key)
    {
        _bytes.Clear();
        keySerde.Serialize(key, _bytes);
        return new(_bytes.Written.ToArray());
    }

    private byte[] Serialized(TValue value)
    {
        _bytes.Clear();
        valueSerde.Serialize(value, _bytes);
        return _bytes.Written.ToArray();
    }

    private WindowEntry<TValue> Read(in WindowEntry<byte[]> inner) => new()
    {
        Value = inner.IsPresent ? valueSerde.Deserialize(inner.Value) : default!, Timestamp = inner.Timestamp, IsPresent = inner.IsPresent,
    };
}
