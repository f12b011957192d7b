using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Keys and values in bytes: for keys that are equal as objects and differ in their bytes, or the other way round, and for values that a program may
/// change in place. What is handed out is a copy; what can't be serialized is not put.
/// </summary>
internal sealed class BytesKeyValueStore<TKey, TValue>(
    string name, string kind, Serde<TKey> keySerde, Serde<TValue> valueSerde, bool isTimestamped, StoreContext context)
    : KeyValueStore<TKey, TValue>(name, context)
    where TKey : notnull
{
    private readonly ObjectKeyValueStore<SerializedKey, byte[]> _inner = new(name, kind, SerializedKeySerde.Instance, Serdes.Bytes, isTimestamped, context);
    private readonly ByteBuffer _bytes = new();

    public override string Kind => kind;

    public override StoreEngine? Engine => _inner.Engine;

    public override long CachedBytes => _inner.CachedBytes;

    public override long DirtyBytes => _inner.DirtyBytes;

    public override long Count => _inner.Count;

    public override bool TryGet(TKey key, out TValue value, out long timestamp)
    {
        var exists = _inner.TryGet(new(Bytes(key)), out var bytes, out timestamp);
        value = exists ? valueSerde.Deserialize(bytes) : default!;
        return exists;
    }

    public override void Put(TKey key, TValue value, bool isPresent, long timestamp)
    {
        byte[] bytes = [];
        if (isPresent)
        {
            _bytes.Clear();
            valueSerde.Serialize(value, _bytes);
            bytes = _bytes.Written.ToArray();
        }

        _inner.Put(new(Bytes(key)), bytes, isPresent, timestamp);
    }

    public override void Attach(StoreEngine engine) => _inner.Attach(engine);

    public override void Flush(IChangelogWriter changelog) => _inner.Flush(changelog);

    public override void Restore(in LogRecord record) => _inner.Restore(in record);

    public override void Restored() => _inner.Restored();

    public override void Evict(long bytes) => _inner.Evict(bytes);

    protected internal override IEnumerable<KeyValuePair<TKey, TValue>> Between(byte[] from, byte[] to, bool reversed) =>
        _inner.Between(from, to, reversed).Select(e => KeyValuePair.Create(keySerde.Deserialize(e.Key.Bytes), valueSerde.Deserialize(e.Value)));

    protected override byte[] Bytes(TKey key)
    {
        _bytes.Clear();
        keySerde.Serialize(key, _bytes);
        return _bytes.Written.ToArray();
    }
}
