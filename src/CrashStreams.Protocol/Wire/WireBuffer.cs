using System.Buffers;

namespace CrashStreams.Protocol.Wire;

/// <summary>
/// A growing buffer for one message. Record batches are not copied into it: it keeps where they belong, and hands
/// out the pieces in order when the message is sent. Disposing returns the memory to the shared pool.
/// </summary>
internal sealed class WireBuffer(int capacity = 256) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;
    private List<(int Position, RecordsField Records)>? _inserts;
    private int _insertedLength;

    /// <summary>Bytes of the whole message, records included.</summary>
    public int TotalLength => _length + _insertedLength;

    /// <summary>Bytes written so far, without the records.</summary>
    public int Position => _length;

    public Span<byte> Written => _bytes.AsSpan(0, _length);

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

    /// <summary>Copies the whole message to <paramref name="destination"/>, in pieces of at most <paramref name="maxPiece"/> bytes.</summary>
    public IEnumerable<int> CopyTo(IBufferWriter<byte> destination, int maxPiece)
    {
        var position = 0;
        foreach (var (insertPosition, records) in _inserts ?? [])
        {
            destination.Write(_bytes.AsSpan(position, insertPosition - position));
            position = insertPosition;
            for (var copied = 0; copied < records.Length;)
            {
                var piece = Math.Min(maxPiece, records.Length - copied);
                records.CopyTo(copied, destination.GetSpan(piece)[..piece]);
                destination.Advance(piece);
                copied += piece;
                yield return piece;
            }
        }
        destination.Write(_bytes.AsSpan(position, _length - position));
        yield return _length - position;
    }

    public byte[] ToArray()
    {
        var all = new ArrayBufferWriter<byte>(TotalLength + 1);
        foreach (var _ in CopyTo(all, int.MaxValue))
        {
        }
        return all.WrittenSpan.ToArray();
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
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + count));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
