namespace CrashStreams.Redis;

/// <summary>The newest position that was read of each partition, so that a Redis which was started again with older data is noticed. Many reads may be under way at once.</summary>
internal sealed class ReadPositions(string sink, int partitions)
{
    private readonly Lock _lock = new();
    private readonly RedisPosition?[] _newest = new RedisPosition?[partitions];

    public int Partitions => _newest.Length;

    /// <summary>What a read that begins now has to find at least.</summary>
    /// <param name="partition">The partition.</param>
    public RedisPosition? Newest(int partition)
    {
        lock (_lock)
            return _newest[partition];
    }

    /// <summary>Notes what a read has found.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="atLeast">What was the newest when the read began. Not what is now: answers of reads that ran side by side come in any order.</param>
    /// <param name="found">The position that came with the values.</param>
    /// <exception cref="RedisIncompleteException">It is older.</exception>
    public void Note(int partition, RedisPosition? atLeast, RedisPosition found)
    {
        if (IsOlder(found, atLeast))
            throw new RedisIncompleteException($"Partition {partition} of '{sink}' has lost what it had in Redis, and is being written again.");
        lock (_lock)
        {
            ref var newest = ref _newest[partition];
            // Which of two generations is the newer one is known only when nobody else has read meanwhile; otherwise the next read tells.
            var replaces = newest is { } known && known.Generation == found.Generation ? known.Offset < found.Offset : newest == atLeast;
            if (replaces)
                newest = found;
        }
    }

    private static bool IsOlder(RedisPosition position, RedisPosition? than) => than is { } other && other.Generation == position.Generation && other.Offset > position.Offset;
}
