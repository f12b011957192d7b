using System.Net.Sockets;
using CrashStreams.Broker.Log;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Fetching;

/// <summary>Batches of a log on their way into an answer: copied once, from the file to the socket's buffer, or not at all.</summary>
internal sealed class SliceSource(LogSlice slice) : IRecordSource
{
    private int _isDisposed; // shared: a closed connection may dispose while an answer is being written

    /// <summary>Whether the bytes can go to a socket without passing through this process.</summary>
    public bool CanSend => slice.CanSend;

    /// <summary>Sends at most <paramref name="count"/> bytes, as many as the socket takes without waiting; none when it is full.</summary>
    public int Send(Socket socket, long offset, int count) => slice.Send(socket, offset, count);

    public void CopyTo(long offset, Span<byte> destination) => slice.CopyTo(offset, destination);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            slice.Dispose();
    }
}
