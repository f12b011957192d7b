namespace CrashStreams.Stores;

/// <summary>
/// Takes the entries of an <see cref="OrderedStore"/> from its beginning, and remembers where that is: behind what was taken neither tombstones nor an engine are looked
/// through again.
/// </summary>
internal sealed class Queue(OrderedStore entries)
{
    // No entry lies before.
    private readonly ByteBuffer _first = new(64);

    /// <summary>The entries from the first on.</summary>
    public OrderedCursor Scan() => entries.Scan(_first.Written, default);

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp, bool isNew)
    {
        entries.Put(key, value, timestamp, isNew);
        if (key.SequenceCompareTo(_first.Written) < 0)
            MoveTo(key);
    }

    /// <summary>Removes the first entry.</summary>
    public void Take(ReadOnlySpan<byte> key, long timestamp)
    {
        MoveTo(key);
        _first.WriteByte(0);
        entries.Delete(key, timestamp);
    }

    private void MoveTo(ReadOnlySpan<byte> key)
    {
        _first.Clear();
        _first.Write(key);
    }
}
