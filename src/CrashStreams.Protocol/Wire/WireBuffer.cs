namespace CrashStreams.Protocol.Wire;

/// <summary>
/// A growing buffer for one message. Record batches are not copied into it: it keeps where they belong, and hands
/// out the pieces in order when the message is sent. Disposing returns the memory to the shared pool.
/// </summary>
/// <param name="capacity">Bytes to begin with.</param>
/// <param name="maxBytes">The most that the message may have, without its records.</param>
internal sealed class WireBuffer(int capacity = 256, int maxBytes = int.MaxValue) : IDisposable
{
    private byte[] _bytes = PooledBytes.Rent(capacity);
    private int _length;
    private List<(int Position, RecordsField Records)>? _inserts;
    private int _insertedLength;

    /// <summary>Bytes of the whole message, records included.</summary>
    public int TotalLength => _length + _insertedLength;

    /// <summary>Bytes written so far, without the records.</summary>
    public int Position => _length;

    public Span<byte> Written => _bytes.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <summary>The records of the message, each with the position in <see cref="Written"/> before which it belongs, in order.</summary>
    public IReadOnlyList<(int Position, RecordsField Records)> Inserts => _inserts ?? (IReadOnlyList<(int, RecordsField)>)[];

    /// <summary>Makes room for <paramref name="count"/> more bytes, which the caller fills.</summary>
    public Span<byte> Append(int count)
    {
        if (count > _bytes.Length - _length)
            Grow(count);
        var span = _bytes.AsSpan(_length, count);
        _length += count;
        return span;
    }

    public void Insert(RecordsField records)
    {
        if (records.Length == 0)
            return;
        (_inserts ??= []).Add((_length, records));
        _insertedLength += records.Length;
    }

    /// <summary>Moves what was written from <paramref name="position"/> on by <paramref name="count"/> bytes, and returns the gap.</summary>
    public Span<byte> OpenGap(int position, int count)
    {
        var moved = _length - position;
        Append(count);
        _bytes.AsSpan(position, moved).CopyTo(_bytes.AsSpan(position + count));
        return _bytes.AsSpan(position, count);
    }

    public byte[] ToArray()
    {
        var all = new byte[TotalLength];
        var rest = all.AsSpan();
        var position = 0;
        foreach (var (insertPosition, records) in Inserts)
        {
            Written[position..insertPosition].CopyTo(rest);
            rest = rest[(insertPosition - position)..];
            position = insertPosition;
            records.CopyTo(0, rest[..records.Length]);
            rest = rest[records.Length..];
        }
        Written[position..].CopyTo(rest);
        return all;
    }

    public void Dispose()
    {
        foreach (var (_, records) in _inserts ?? [])
            records.Release();
        var bytes = _bytes;
        _bytes = [];
        _length = 0;
        _inserts = null;
        if (bytes.Length > 0)
            PooledBytes.Return(bytes);
    }

    private void Grow(int count)
    {
        if (_length + (long)count > maxBytes)
            throw new InvalidOperationException($"A message has more than {maxBytes} bytes.");
        var larger = PooledBytes.Rent((int)Math.Clamp(_bytes.Length * 2L, _length + count, Math.Max(maxBytes, _length + count)));
        Written.CopyTo(larger);
        PooledBytes.Return(_bytes);
        _bytes = larger;
    }
}
