using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>
/// Which keys of the left table wait for which foreign key. In bytes: keys and values are the operator's. Changelog (Kafka Streams):
/// <c>length of the foreign key (4) · foreign key · left key → value</c>, stamped with the time of the left record.
/// </summary>
internal sealed class SubscriptionStore(string name, StoreContext context) : OverOrderedStore(name, "subscriptions", new TimestampedFormat(), context)
{
    private readonly ByteBuffer _key = new();

    public bool TryGet(ReadOnlySpan<byte> foreignKey, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out long timestamp)
    {
        timestamp = -1;
        if (!Entries.TryGet(KeyOf(foreignKey, key), out value))
            return false;
        timestamp = BinaryPrimitives.ReadInt64BigEndian(value);
        value = value[sizeof(long)..];
        return true;
    }

    public void Put(ReadOnlySpan<byte> foreignKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp)
    {
        ValueBytes.Clear();
        ValueBytes.WriteInt64(timestamp);
        ValueBytes.Write(value);
        Entries.Put(KeyOf(foreignKey, key), ValueBytes.Written, timestamp);
    }

    public void Delete(ReadOnlySpan<byte> foreignKey, ReadOnlySpan<byte> key, long timestamp) => Entries.Delete(KeyOf(foreignKey, key), timestamp);

    /// <summary>The subscriptions of a foreign key, in the order of the left keys.</summary>
    public SubscriptionCursor Of(ReadOnlySpan<byte> foreignKey)
    {
        var prefix = KeyOf(foreignKey, default);
        return new(Entries.Prefix(prefix), prefix.Length);
    }

    private ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> foreignKey, ReadOnlySpan<byte> key)
    {
        _key.Clear();
        _key.WriteInt32(foreignKey.Length);
        _key.Write(foreignKey);
        _key.Write(key);
        return _key.Written;
    }
}

/// <summary>The subscriptions of one foreign key.</summary>
internal readonly struct SubscriptionCursor(OrderedCursor cursor, int prefixLength) : IDisposable
{
    /// <summary>The left key.</summary>
    public ReadOnlySpan<byte> Key => cursor.Key[prefixLength..];

    public ReadOnlySpan<byte> Value => cursor.Value[sizeof(long)..];

    /// <summary>The time of the left record, milliseconds.</summary>
    public long Timestamp => BinaryPrimitives.ReadInt64BigEndian(cursor.Value);

    public bool MoveNext() => cursor.MoveNext();

    public void Dispose() => cursor.Dispose();
}
