using System.Buffers;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Protocol.Records;

/// <summary>A growing buffer of pooled memory, with a limit that hostile input can't push it past.</summary>
internal sealed class PooledBuffer(int maxSize = int.MaxValue, int initialSize = 4096) : IBufferWriter<byte>, IDisposable
{
    /// <summary>The largest block of LZ4, which its decoder asks room for however small the block is.</summary>
    private const int Slack = 4 * 1024 * 1024;

    private byte[] _array = PooledBytes.Rent(Math.Min(initialSize, maxSize));

    /// <summary>The most bytes that it takes.</summary>
    public int Limit => maxSize;

    public int Length { get; private set; }
    public Span<byte> Written => _array.AsSpan(0, Length);
    public Memory<byte> WrittenMemory => _array.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Advance(int count)
    {
        if ((uint)count > (uint)(_array.Length - Length) || count > maxSize - Length)
            ThrowTooLarge();
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Check(bytes.Length);
        Reserve(bytes.Length);
        bytes.CopyTo(_array.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        Length = 0;
        if (array.Length > 0)
            PooledBytes.Return(array);
    }

    private void Check(int count)
    {
        if (count > maxSize - Length)
            ThrowTooLarge();
    }

    private void Reserve(int size)
    {
        if (size > _array.Length - Length)
            Grow(size);
    }

    private void Grow(int size)
    {
        // A writer may ask for more room than it fills; what counts is what it fills.
        var needed = (long)Length + size;
        if (needed > (long)maxSize + Slack)
            ThrowTooLarge();
        var larger = PooledBytes.Rent((int)Math.Min(Math.Max(needed, Math.Min(2L * _array.Length, maxSize)), Array.MaxLength));
        Written.CopyTo(larger);
        PooledBytes.Return(_array);
        _array = larger;
    }

    private void ThrowTooLarge() => throw new BufferLimitException(maxSize);
}

/// <summary>Something is larger than the limit of its buffer.</summary>
internal sealed class BufferLimitException(int limit) : IOException($"The data is larger than the limit of {limit} bytes.");
