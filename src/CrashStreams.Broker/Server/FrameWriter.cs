using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using CrashStreams.Broker.Fetching;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>
/// Sends messages. Their fields are gathered with small pieces of records in one buffer; large pieces of segment files go from the file to
/// the socket without passing through this process, where the system and the connection (no TLS) allow it.
/// </summary>
/// <param name="stream">Where the bytes go.</param>
/// <param name="socket">The socket below the stream when it carries the bytes as they are; else null.</param>
internal sealed class FrameWriter(Stream stream, Socket? socket)
{
    /// <summary>Bytes gathered before they are sent; also what is copied while a socket is full, which is how its room is waited for.</summary>
    private const int BufferSize = 64 * 1024;

    /// <summary>A system call of its own pays from about here on.</summary>
    private const int SmallestDirect = 16 * 1024;

    private readonly byte[] _length = new byte[sizeof(int)];
    private byte[] _buffer = []; // from the pool, while there is something to send
    private int _filled;

    /// <summary>How often the client has taken bytes.</summary>
    public int Sends { get; private set; }

    /// <summary>Takes a message; <see cref="FlushAsync"/> sends what of it is still gathered.</summary>
    public async ValueTask WriteAsync(WireBuffer message)
    {
        if (_buffer.Length == 0)
            _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        BinaryPrimitives.WriteInt32BigEndian(_length, message.TotalLength);
        await GatherAsync(_length).ConfigureAwait(false);
        var position = 0;
        foreach (var (insertPosition, records) in message.Inserts)
        {
            await GatherAsync(message.WrittenMemory[position..insertPosition]).ConfigureAwait(false);
            position = insertPosition;
            await GatherAsync(records).ConfigureAwait(false);
        }
        await GatherAsync(message.WrittenMemory[position..]).ConfigureAwait(false);
    }

    public async ValueTask FlushAsync()
    {
        await SendGatheredAsync().ConfigureAwait(false);
        Drop();
    }

    /// <summary>Gives the buffer back; what is in it is lost.</summary>
    public void Drop()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _filled) = ([], 0);
    }

    private async ValueTask GatherAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var piece = Math.Min(bytes.Length, _buffer.Length - _filled);
            bytes[..piece].CopyTo(_buffer.AsMemory(_filled));
            bytes = bytes[piece..];
            await AddGatheredAsync(piece).ConfigureAwait(false);
        }
    }

    private async ValueTask GatherAsync(RecordsField records)
    {
        for (var sent = 0; sent < records.Length;)
        {
            if (socket is not null && records.Length - sent >= SmallestDirect && records.Source is SliceSource { CanSend: true } source)
            {
                await SendGatheredAsync().ConfigureAwait(false);
                sent += source.Send(socket, records.SourceOffset + sent, records.Length - sent);
                Sends++;
                if (sent == records.Length)
                    break;
            }
            var piece = Math.Min(records.Length - sent, _buffer.Length - _filled);
            records.CopyTo(sent, _buffer.AsSpan(_filled, piece));
            sent += piece;
            await AddGatheredAsync(piece).ConfigureAwait(false);
        }
    }

    private ValueTask AddGatheredAsync(int piece)
    {
        _filled += piece;
        return _filled < _buffer.Length ? ValueTask.CompletedTask : SendGatheredAsync();
    }

    private async ValueTask SendGatheredAsync()
    {
        if (_filled > 0)
            await stream.WriteAsync(_buffer.AsMemory(0, _filled)).ConfigureAwait(false);
        _filled = 0;
        Sends++;
    }
}
