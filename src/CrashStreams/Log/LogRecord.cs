namespace CrashStreams.Log;

/// <summary>
/// A record as it lies in the log client's own memory. The spans are valid until the next
/// <see cref="ILogConsumer.Poll"/> of the consumer that yielded it.
/// </summary>
public readonly ref struct LogRecord
{
    /// <summary>The key's bytes; empty when <see cref="HasKey"/> is false.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The value's bytes; empty when <see cref="HasValue"/> is false.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Whether there is a key; an empty key is not a missing one.</summary>
    public bool HasKey { get; init; }

    /// <summary>Whether there is a value; a record without is a tombstone.</summary>
    public bool HasValue { get; init; }

    /// <summary>The partition: an index into <see cref="LogBatch.Partitions"/>.</summary>
    public int PartitionIndex { get; init; }

    /// <summary>The record's offset in its partition.</summary>
    public long Offset { get; init; }

    /// <summary>The record's timestamp, milliseconds since the Unix epoch; -1 when it has none.</summary>
    public long Timestamp { get; init; }

    /// <summary>The headers, or null when there are none (the usual case, which costs nothing).</summary>
    public Headers? Headers { get; init; }

    /// <summary>How many entries of the pack at its offset are done with it; 0 when all are, and for a record that is no entry.</summary>
    internal int Entry { get; init; }

    internal LogRecord With(Headers headers) => new()
    {
        Key = Key, HasKey = HasKey, Value = Value, HasValue = HasValue, PartitionIndex = PartitionIndex, Offset = Offset, Timestamp = Timestamp, Headers = headers, Entry = Entry,
    };
}
