using System.Buffers;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>Reads the batches of a segment's file one after the other, in large pieces. Ends where the bytes are no batch any more.</summary>
internal sealed class BatchScanner(IStorageFile file, long position, long end) : IDisposable
{
    private const int PieceSize = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(PieceSize, Math.Max(RecordBatchHeader.Size, end - position)));
    private readonly byte[] _header = new byte[RecordBatchHeader.Size];
    private long _bufferStart = position;
    private int _bufferLength;

    /// <summary>Where the current batch begins.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Where the next batch begins: after the last one that was whole.</summary>
    public long NextPosition { get; private set; } = position;

    /// <summary>Moves on and reads the header; the view has no records, and is valid until the next header is read.</summary>
    public bool TryReadHeader(out RecordBatchView header)
    {
        Position = NextPosition;
        header = default;
        if (!TryGet(Position, RecordBatchHeader.Size, out var bytes))
            return false;
        bytes.CopyTo(_header);
        var view = new RecordBatchView(_header);
        if (!view.IsHeaderPlausible || view.SizeInBytes > end - Position)
            return false;
        NextPosition = Position + view.SizeInBytes;
        header = view;
        return true;
    }

    /// <summary>Moves on to the next batch with the right CRC, over at most so many bytes that are none.</summary>
    public bool TryFindSound(long searchBytes = long.MaxValue)
    {
        var last = Math.Min(end - RecordBatchHeader.Size, NextPosition + Math.Min(searchBytes, end));
        for (var at = NextPosition; at <= last; at++)
        {
            NextPosition = at;
            if (TryReadHeader(out var header) && IsCrcValid(header.Crc))
                return true;
        }
        return false;
    }

    /// <summary>The whole batch whose header was read last. Valid until the next call.</summary>
    public RecordBatchView ReadBatch()
    {
        if (!TryGet(Position, (int)(NextPosition - Position), out var bytes))
            throw new IOException("A log segment became shorter while it was read.");
        return new RecordBatchView(bytes);
    }

    /// <summary>Checks the CRC of the batch whose header was read last, piece by piece: a corrupt length never makes the buffer grow.</summary>
    public bool IsCrcValid(uint crc)
    {
        var sum = 0u;
        for (var at = Position + RecordBatchHeader.AttributesAt; at < NextPosition;)
        {
            var wanted = (int)Math.Min(PieceSize, NextPosition - at);
            if (!TryGet(at, wanted, out var bytes))
                return false;
            sum = Crc32C.Append(sum, bytes);
            at += wanted;
        }
        return sum == crc;
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private bool TryGet(long at, int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > end - at)
            return false;
        if (at < _bufferStart || at + count > _bufferStart + _bufferLength)
        {
            if (count > _buffer.Length)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(count);
            }
            _bufferStart = at;
            _bufferLength = file.Read(at, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, end - at)));
            if (_bufferLength < count)
                return false;
        }
        bytes = _buffer.AsSpan((int)(at - _bufferStart), count);
        return true;
    }
}
