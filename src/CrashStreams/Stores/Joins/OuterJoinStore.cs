using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>A record of an outer join that has not found a partner yet.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Timestamp">Its time, milliseconds.</param>
/// <param name="Watermark">Its reference <c>w</c>.</param>
/// <param name="IsLeft">Its side.</param>
/// <param name="Left">Its value when it is of the left side.</param>
/// <param name="Right">Its value when it is of the right side.</param>
internal readonly record struct Unmatched<TKey, TLeft, TRight>(TKey Key, long Timestamp, long Watermark, bool IsLeft, TLeft Left, TRight Right);

/// <summary>
/// The records of both sides of an outer join that have not found a partner yet, in the order of time, side (right before left) and key: that in which
/// they are given up. Changelog (Kafka Streams): <see cref="OuterJoinFormat"/>.
/// </summary>
internal sealed class OuterJoinStore<TKey, TLeft, TRight>(
    string name, Serde<TKey> keySerde, Serde<TLeft> leftSerde, Serde<TRight> rightSerde, StoreContext context)
    : OverOrderedStore(name, $"outer join {typeof(TKey)} {typeof(TLeft)} {typeof(TRight)}", new OuterJoinFormat(), context)
    where TKey : notnull
{
    private readonly ByteBuffer _key = new();
    private readonly ByteBuffer _item = new();

    // The lowest time that waits of each side, where it is known.
    private long? _firstLeft;
    private long? _firstRight;

    /// <summary>The lowest time that waits of a side, milliseconds; <see cref="long.MaxValue"/> when none does.</summary>
    public long FirstTimestamp(bool isLeft) => isLeft ? _firstLeft ??= FindFirst(isLeft) : _firstRight ??= FindFirst(isLeft);

    /// <summary>Adds a record of the left side behind those of the same key and time.</summary>
    public void AddLeft(TKey key, long timestamp, long watermark, TLeft value)
    {
        _item.Clear();
        leftSerde.Serialize(value, _item);
        Add(key, timestamp, watermark, isLeft: true);
    }

    /// <summary>Adds a record of the right side behind those of the same key and time.</summary>
    public void AddRight(TKey key, long timestamp, long watermark, TRight value)
    {
        _item.Clear();
        rightSerde.Serialize(value, _item);
        Add(key, timestamp, watermark, isLeft: false);
    }

    /// <summary>Removes all records of a side with this key and time: they have found a partner, or were given up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Their time, milliseconds.</param>
    /// <param name="isLeft">Their side.</param>
    /// <param name="changedAt">The time of the record that removes them, for the changelog.</param>
    /// <returns>Whether there were any.</returns>
    public bool Remove(TKey key, long timestamp, bool isLeft, long changedAt)
    {
        var at = KeyOf(key, timestamp, isLeft);
        if (!Entries.TryGet(at, out _))
            return false;
        Delete(at, changedAt);
        return true;
    }

    /// <summary>Removes those records of a side with this key and time whose <c>w</c> is in a range.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Their time, milliseconds.</param>
    /// <param name="isLeft">Their side.</param>
    /// <param name="changedAt">The time of the record that removes them, for the changelog.</param>
    /// <param name="fromWatermark">The lowest <c>w</c> that is removed.</param>
    /// <param name="belowWatermark">The lowest above it that is not.</param>
    /// <returns>How many there were.</returns>
    public int Remove(TKey key, long timestamp, bool isLeft, long changedAt, long fromWatermark, long belowWatermark)
    {
        var at = KeyOf(key, timestamp, isLeft);
        if (!Entries.TryGet(at, out var list))
            return 0;
        var (removed, kept) = OuterJoinFormat.Remove(list, fromWatermark, belowWatermark, ValueBytes);
        if (kept == 0)
            Delete(at, changedAt);
        else if (removed > 0)
            Entries.Put(at, ValueBytes.Written, changedAt);
        return removed;
    }

    /// <summary>All that wait, in order. The store may be changed meanwhile; a record that was given stays until it is removed.</summary>
    public IEnumerable<Unmatched<TKey, TLeft, TRight>> InOrder() => Read(Entries.Scan(default, default));

    /// <summary>Those of one time and side, in the order of their keys. The store may be changed meanwhile.</summary>
    public IEnumerable<Unmatched<TKey, TLeft, TRight>> At(long timestamp, bool isLeft) => Read(Entries.Prefix(BeginKey(timestamp, isLeft)));

    // A change that the log does not take is taken back.
    public override void Flush(IChangelogWriter changelog)
    {
        base.Flush(changelog);
        (_firstLeft, _firstRight) = (null, null);
    }

    public override void Restore(in LogRecord record)
    {
        (_firstLeft, _firstRight) = (null, null);
        base.Restore(in record);
    }

    private IEnumerable<Unmatched<TKey, TLeft, TRight>> Read(OrderedCursor cursor)
    {
        using var entries = cursor;
        while (cursor.MoveNext())
        {
            var (timestamp, isLeft) = (OuterJoinFormat.Timestamp(cursor.Key), OuterJoinFormat.IsLeft(cursor.Key));
            var key = keySerde.Deserialize(OuterJoinFormat.Key(cursor.Key));
            var list = cursor.Value.ToArray();
            for (var i = 0; i < OuterJoinFormat.Count(list); i++)
            {
                var item = OuterJoinFormat.Item(list, i, out var watermark);
                yield return new(key, timestamp, watermark, isLeft, isLeft ? leftSerde.Deserialize(item) : default!, isLeft ? default! : rightSerde.Deserialize(item));
            }
        }
    }

    private void Add(TKey key, long timestamp, long watermark, bool isLeft)
    {
        var at = KeyOf(key, timestamp, isLeft);
        var isNew = !Entries.TryGet(at, out var list);
        OuterJoinFormat.Append(list, watermark, isLeft, _item.Written, ValueBytes);
        Entries.Put(at, ValueBytes.Written, timestamp, isNew);
        ref var first = ref isLeft ? ref _firstLeft : ref _firstRight;
        if (first > timestamp)
            first = timestamp;
    }

    private void Delete(ReadOnlySpan<byte> at, long changedAt)
    {
        ref var first = ref OuterJoinFormat.IsLeft(at) ? ref _firstLeft : ref _firstRight;
        if (first == OuterJoinFormat.Timestamp(at))
            first = null;
        Entries.Delete(at, changedAt);
    }

    private long FindFirst(bool isLeft)
    {
        using var all = Entries.Scan(default, default);
        while (all.MoveNext())
        {
            if (OuterJoinFormat.IsLeft(all.Key) == isLeft)
                return OuterJoinFormat.Timestamp(all.Key);
        }

        return long.MaxValue;
    }

    private ReadOnlySpan<byte> KeyOf(TKey key, long timestamp, bool isLeft)
    {
        BeginKey(timestamp, isLeft);
        keySerde.Serialize(key, _key);
        return _key.Written;
    }

    private ReadOnlySpan<byte> BeginKey(long timestamp, bool isLeft)
    {
        _key.Clear();
        _key.WriteInt64(timestamp);
        _key.WriteByte(isLeft ? (byte)1 : (byte)0);
        return _key.Written;
    }
}
