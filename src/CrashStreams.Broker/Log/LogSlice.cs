using System.Net.Sockets;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Log;

internal enum FetchIsolation : byte
{
    ReadUncommitted = 0,
    ReadCommitted = 1,
}

/// <summary>An aborted transaction in a fetched range, as Fetch answers it.</summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset);

/// <summary>
/// What a read found: a range of one segment's file, whole batches, not yet copied. It stays readable on any thread until it is
/// disposed, also when its segment is deleted or compacted meanwhile.
/// </summary>
internal readonly struct LogSlice : IDisposable
{
    private readonly SharedFile? _file;
    private readonly long _position;

    public LogSlice()
    {
    }

    internal LogSlice(SharedFile file, long position, int length)
    {
        _file = file;
        _position = position;
        Length = length;
    }

    public ErrorCode Error { get; init; } = ErrorCode.None;

    /// <summary>Bytes; 0 when there is nothing to read yet.</summary>
    public int Length { get; }

    /// <summary>One past the last offset in the slice; the fetch offset when it is empty.</summary>
    public long NextOffset { get; init; }

    public long HighWatermark { get; init; }
    public long LastStableOffset { get; init; }
    public long LogStartOffset { get; init; }

    /// <summary>Complete for the slice. Null for a reader of uncommitted data.</summary>
    public IReadOnlyList<AbortedTransaction>? Aborted { get; init; }

    /// <summary>Copies all of the slice: one read of the file.</summary>
    public void CopyTo(Span<byte> target) => CopyTo(0, target[..Length]);

    /// <summary>Fills the target with the bytes from <paramref name="offset"/> of the slice on.</summary>
    public void CopyTo(long offset, Span<byte> target)
    {
        if (_file is not null && _file.Read(_position + offset, target) != target.Length)
            throw new IOException($"A log segment is shorter than {_position + offset + target.Length} bytes: its file was changed from outside.");
    }

    /// <summary>Whether <see cref="Send"/> works: the slice lies in a file of the file system, and the system can send files.</summary>
    public bool CanSend => _file?.File.CanSend == true;

    /// <summary>Sends from <paramref name="offset"/> of the slice on what the socket takes without waiting.</summary>
    public int Send(Socket socket, long offset, int count) => _file!.File.Send(socket, _position + offset, count);

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    public void Dispose() => _file?.Release();
}
