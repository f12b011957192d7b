using CrashStreams.Broker.Log;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Fetching;

/// <summary>Batches of a log on their way into an answer: copied once, from the file to the socket's buffer.</summary>
internal sealed class SliceSource(LogSlice slice) : IRecordSource
{
    private int _isDisposed; // shared: a closed connection may dispose while an answer is being written

    public void CopyTo(long offset, Span<byte> destination) => slice.CopyTo(offset, destination);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            slice.Dispose();
    }
}
