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

    public async ValueTask WriteAsync(WireBuffer message)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(BufferSize, sizeof(int) + message.TotalLength));
        try
        {
            BinaryPrimitives.WriteInt32BigEndian(buffer, message.TotalLength);
            var filled = sizeof(int);
            var position = 0;
            foreach (var (insertPosition, records) in message.Inserts)
            {
                filled = await GatherAsync(buffer, filled, message.WrittenMemory[position..insertPosition]).ConfigureAwait(false);
                position = insertPosition;
                filled = await GatherAsync(buffer, filled, records).ConfigureAwait(false);
            }
            filled = await GatherAsync(buffer, filled, message.WrittenMemory[position..]).ConfigureAwait(false);
            if (filled > 0)
                await stream.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Puts bytes into the buffer, which is sent whenever it is full. Returns how full it is then.</summary>
    private async ValueTask<int> GatherAsync(byte[] buffer, int filled, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var piece = Math.Min(bytes.Length, buffer.Length - filled);
            bytes[..piece].CopyTo(buffer.AsMemory(filled));
            bytes = bytes[piece..];
            filled = await SendIfFullAsync(buffer, filled + piece).ConfigureAwait(false);
        }
        return filled;
    }

    private async ValueTask<int> GatherAsync(byte[] buffer, int filled, RecordsField records)
    {
        for (var sent = 0; sent < records.Length;)
        {
            if (socket is not null && records.Length - sent >= SmallestDirect && records.Source is SliceSource { CanSend: true } source)
            {
                if (filled > 0)
                    await stream.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
                filled = 0;
                sent += source.Send(socket, records.SourceOffset + sent, records.Length - sent);
                if (sent == records.Length)
                    break;
            }
            var piece = Math.Min(records.Length - sent, buffer.Length - filled);
            records.CopyTo(sent, buffer.AsSpan(filled, piece));
            sent += piece;
            filled = await SendIfFullAsync(buffer, filled + piece).ConfigureAwait(false);
        }
        return filled;
    }

    private async ValueTask<int> SendIfFullAsync(byte[] buffer, int filled)
    {
        if (filled < buffer.Length)
            return filled;
        await stream.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
        return 0;
    }
}
