namespace CrashStreams.CrashMonitor;

/// <summary>A generated log line; its spans are valid until the next one is generated.</summary>
public readonly ref struct GeneratedRecord
{
    /// <summary>The user's name, or empty when lines have no key.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The line: one JSON object of some 165 bytes.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>The partition that it belongs to.</summary>
    public int Partition { get; init; }

    /// <summary>Its event time, milliseconds since the Unix epoch.</summary>
    public long TimestampMs { get; init; }
}
