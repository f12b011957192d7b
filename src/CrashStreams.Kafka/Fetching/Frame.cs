namespace CrashStreams.Kafka.Fetching;

/// <summary>Memory of an answer that several readers share: it goes back to its pool when the last of them has released it. It begins with one.</summary>
internal sealed class Frame(FramePool pool, byte[] bytes)
{
    private int _readers = 1;

    public byte[] Bytes { get; } = bytes;

    public void Hold() => Interlocked.Increment(ref _readers);

    public void Release()
    {
        if (Interlocked.Decrement(ref _readers) == 0)
            pool.Return(Bytes);
    }
}

/// <summary>
/// The memory of one consumer's answers. One thread rents and another returns, and answers are large: <see cref="System.Buffers.ArrayPool{T}"/> gave most of them fresh memory, three times
/// what a drain allocates otherwise. It keeps no more than may be fetched ahead.
/// </summary>
internal sealed class FramePool(long maxBytes)
{
    private const int Smallest = 16 << 10;
    private readonly Lock _gate = new();
    private readonly List<byte[]> _free = [];
    private long _freeBytes;

    public Frame Rent(int length)
    {
        lock (_gate)
        {
            // The smallest that is large enough, so that a few bytes don't hold megabytes.
            var best = -1;
            for (var i = 0; i < _free.Count; i++)
            {
                if (_free[i].Length >= length && (best < 0 || _free[i].Length < _free[best].Length))
                    best = i;
            }

            if (best >= 0 && _free[best].Length / 8 <= Math.Max(length, Smallest))
            {
                var bytes = _free[best];
                _free.RemoveAt(best);
                _freeBytes -= bytes.Length;
                return new(this, bytes);
            }
        }

        return new(this, GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, Smallest)))));
    }

    public void Return(byte[] bytes)
    {
        lock (_gate)
        {
            if (_freeBytes + bytes.Length > maxBytes)
                return;
            _free.Add(bytes);
            _freeBytes += bytes.Length;
        }
    }
}
