using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>When appended bytes are forced to the disk. In the file system they are with every policy before an append returns.</summary>
internal enum FlushPolicy
{
    /// <summary>The operating system decides; what was acknowledged survives the process, not a power cut.</summary>
    Os,

    /// <summary>The broker flushes all logs at an interval.</summary>
    Interval,

    /// <summary>Before an append returns.</summary>
    Always,
}

/// <summary>The settings of a log; names and defaults are those of Kafka's topic configs. Times in ms, sizes in bytes, -1 is no limit.</summary>
internal sealed record LogConfig
{
    private const long DecompressedFactor = 16;
    private const long SmallestDecompressedLimit = 1024 * 1024;

    public static LogConfig Default { get; } = new();

    public int SegmentBytes { get; init; } = 1024 * 1024 * 1024;
    public long SegmentMs { get; init; } = 7 * 24 * 3600_000L;
    public long RetentionMs { get; init; } = 7 * 24 * 3600_000L;
    public long RetentionBytes { get; init; } = -1;

    /// <summary>cleanup.policy contains delete.</summary>
    public bool Delete { get; init; } = true;

    /// <summary>cleanup.policy contains compact.</summary>
    public bool Compact { get; init; }

    public long MinCompactionLagMs { get; init; }
    public long MaxCompactionLagMs { get; init; } = long.MaxValue;
    public double MinCleanableDirtyRatio { get; init; } = 0.5;
    public long DeleteRetentionMs { get; init; } = 24 * 3600_000L;

    /// <summary>message.timestamp.type is LogAppendTime.</summary>
    public bool LogAppendTime { get; init; }

    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;
    public long TimestampAfterMaxMs { get; init; } = 3600_000;
    public int MaxMessageBytes { get; init; } = 1024 * 1024 + 12;

    /// <summary>
    /// The most that the records of a batch may have when they are decompressed: 16 times max.message.bytes. A producer's batch is seldom larger
    /// than max.message.bytes before it is compressed; a batch of a few kilobytes that holds hundreds of megabytes is an attack.
    /// </summary>
    public int MaxDecompressedBytes => (int)Math.Max(MaxMessageBytes, Math.Clamp(DecompressedFactor * MaxMessageBytes, SmallestDecompressedLimit, BatchContent.DefaultMaxBytes));

    /// <summary>compression.type; null keeps what the producer chose.</summary>
    public CompressionCodec? Compression { get; init; }

    public FlushPolicy Flush { get; init; } = FlushPolicy.Os;

    /// <summary>Bytes of log between two entries of the index.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>Bytes appended between two checkpoints: the most that a start after a crash has to read.</summary>
    public int CheckpointBytes { get; init; } = 4 * 1024 * 1024;

    public long ProducerIdExpirationMs { get; init; } = 24 * 3600_000L;
}
