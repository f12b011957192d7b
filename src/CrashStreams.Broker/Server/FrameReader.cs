using System.Buffers;
using System.Buffers.Binary;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Server;

/// <summary>
/// Cuts a client's bytes into frames. Small frames are cut out of a small buffer; the rest of a large one is read right into its own
/// memory. That memory grows with what has come, not with what a length announces: a length alone costs nothing.
/// </summary>
/// <param name="stream">Where the bytes come from.</param>
/// <param name="limits">How long frames may be.</param>
/// <param name="hasRoom">Whether so many bytes may be taken for a frame at once, without which it grows with what comes.</param>
internal sealed class FrameReader(Stream stream, FrameLimits limits, Func<int, bool> hasRoom) : IDisposable
{
    private const int KeySize = sizeof(short);
    private const int BufferSize = 8 * 1024;
    private const int FirstTrust = 64 * 1024;
    private const int MostTrust = 4 * 1024 * 1024;

    /// <summary>Of a large frame is read at a time: into fresh memory that takes a good part of a millisecond, and then others may use the thread.</summary>
    private const int LargestPiece = 512 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private byte[]? _frame;
    private int _length;
    private int _filled;

    /// <summary>Memory taken for a frame at once: twice what the client has shown that it really sends.</summary>
    private int _trust = FirstTrust;

    /// <summary>How long frames may be from the next one on.</summary>
    public FrameLimits Limits { get; set; } = limits;

    /// <summary>Memory of a frame that is not whole yet.</summary>
    public int HeldBytes => _frame?.Length ?? 0;

    /// <summary>Whether a frame has begun and is not whole.</summary>
    public bool IsInFrame => _frame is not null || _end > _start;

    /// <summary>Frames that have been whole.</summary>
    public int Frames { get; private set; }

    /// <summary>How often bytes have come.</summary>
    public int Reads { get; private set; }

    /// <summary>By how much the frame's memory grows with the next <see cref="ReadMoreAsync"/>; 0 when it doesn't.</summary>
    public int NextGrowth => _frame is not null && _filled == _frame.Length ? GrownLength() - _frame.Length : 0;

    /// <summary>The next whole frame among the bytes that are here, without its length; its array belongs to <see cref="PooledBytes"/>.</summary>
    /// <exception cref="ProtocolException">The length can't be one.</exception>
    public bool TryRead(out byte[] frame, out int length)
    {
        (frame, length) = ([], 0);
        if (_frame is null && !TryBegin())
            return false;
        TakeFromBuffer();
        if (_filled < _length)
            return false;
        (frame, length) = (_frame!, _length);
        _frame = null;
        Frames++;
        _trust = Math.Clamp(2 * length, _trust, MostTrust);
        return true;
    }

    /// <summary>Gives the frame its <see cref="NextGrowth"/>: copies what there is of it.</summary>
    public void Grow()
    {
        var larger = PooledBytes.Rent(GrownLength());
        _frame.AsSpan(0, _filled).CopyTo(larger);
        PooledBytes.Return(_frame!);
        _frame = larger;
    }

    /// <summary>Waits for more bytes. False at the end of the stream, also when it ends with an error: to throw that on through all who wait costs more than all else that a client's end does.</summary>
    public async ValueTask<bool> ReadMoreAsync()
    {
        try
        {
            return await ReadOnAsync().ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async ValueTask<bool> ReadOnAsync()
    {
        if (_frame is not null)
        {
            if (_filled == _frame.Length)
                Grow();
            var read = await stream.ReadAsync(_frame.AsMemory(_filled, Math.Min(LargestPiece, Math.Min(_frame.Length, _length) - _filled))).ConfigureAwait(false);
            _filled += read;
            Reads++;
            return read > 0;
        }
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var more = await stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        _end += more;
        Reads++;
        return more > 0;
    }

    public void Dispose()
    {
        if (_frame is not null)
            PooledBytes.Return(_frame);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_frame, _buffer) = (null, []);
    }

    private bool TryBegin()
    {
        if (_end - _start < sizeof(int))
            return false;
        _length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (_length <= 0 || _length > Limits.WithRecords)
            throw new ProtocolException($"A frame of {_length} bytes; the limit is {Limits.WithRecords}.");
        if (_length > Limits.WithoutRecords && !TryCheckKey())
            return false;
        _start += sizeof(int);
        var atOnce = Math.Min(_length, _trust);
        _frame = PooledBytes.Rent(atOnce <= FirstTrust || hasRoom(atOnce) ? atOnce : FirstTrust);
        _filled = 0;
        return true;
    }

    /// <summary>A frame that long may only be one that carries records. False: its first bytes are not here yet.</summary>
    private bool TryCheckKey()
    {
        if (_end - _start < sizeof(int) + KeySize)
            return false;
        var key = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start + sizeof(int)));
        if (key != (short)ApiKey.Produce)
            throw new ProtocolException($"A frame of {_length} bytes for the API {key}; the limit is {Limits.WithoutRecords}.");
        return true;
    }

    private void TakeFromBuffer()
    {
        var taken = Math.Min(_end - _start, Math.Min(_frame!.Length, _length) - _filled);
        _buffer.AsSpan(_start, taken).CopyTo(_frame.AsSpan(_filled));
        _start += taken;
        _filled += taken;
    }

    private int GrownLength() => (int)Math.Min(_length, 2L * _frame!.Length);
}

/// <summary>The most bytes of a frame.</summary>
/// <param name="WithRecords">Of one that may carry records.</param>
/// <param name="WithoutRecords">Of any other.</param>
internal readonly record struct FrameLimits(int WithRecords, int WithoutRecords);
