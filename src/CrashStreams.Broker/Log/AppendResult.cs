using CrashStreams.Protocol;

namespace CrashStreams.Broker.Log;

/// <summary>How an append is to be done.</summary>
internal readonly record struct AppendOptions
{
    /// <summary>The time of the append, in ms since 1970.</summary>
    public required long NowMs { get; init; }

    /// <summary>With <see cref="FlushPolicy.Always"/>: the caller flushes by <see cref="PartitionLog.FlushAppended"/> before it tells anyone of the append.</summary>
    public bool DefersFlush { get; init; }

    public int LeaderEpoch { get; init; }
}

/// <summary>What became of an append.</summary>
internal readonly record struct AppendResult
{
    public ErrorCode Error { get; init; }

    /// <summary>The offset of the first record; of the original for a duplicate, -1 after an error.</summary>
    public long BaseOffset { get; init; }

    /// <summary>-1, unless the topic has log append time.</summary>
    public long LogAppendTimeMs { get; init; }

    public long LogStartOffset { get; init; }
    public bool IsDuplicate { get; init; }

    /// <summary>What was wrong, for the answer to the producer.</summary>
    public string? Message { get; init; }
}
