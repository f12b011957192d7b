using System.Diagnostics;
using CrashStreams.Log;

namespace CrashStreams.Faults;

/// <summary>A copy of the record in process that outlives its batch: should something be wrong with it later, its bytes are there.</summary>
internal sealed class KeptRecord : LogBatch
{
    private readonly byte[] _key;
    private readonly byte[] _value;
    private readonly bool _hasKey;
    private readonly bool _hasValue;
    private readonly long _timestamp;

    public KeptRecord(in LogRecord record, TopicPartition partition)
    {
        (_key, _value, _hasKey, _hasValue) = (record.Key.ToArray(), record.Value.ToArray(), record.HasKey, record.HasValue);
        (Offset, _timestamp, Headers, Partition) = (record.Offset, record.Timestamp, record.Headers, partition);
    }

    public override int Count => 1;

    public override LogRecord this[int index] =>
        new() { Key = _key, HasKey = _hasKey, Value = _value, HasValue = _hasValue, Offset = Offset, Timestamp = _timestamp, Headers = Headers };

    public override IReadOnlyList<TopicPartition> Partitions => [Partition];

    public TopicPartition Partition { get; }

    public long Offset { get; }

    public Headers? Headers { get; }

    /// <summary>Whether there are bytes; what a window or a punctuation gave has none.</summary>
    public required bool HasBytes { get; init; }

    public required bool IsFromSource { get; init; }

    public required byte[]? ReadAt { get; init; }

    public required bool HasSeveralSources { get; init; }

    public required bool HasWaited { get; init; }

    public required bool IsUnordered { get; init; }

    public required Headers? ForwardedHeaders { get; init; }

    public required Activity? Activity { get; init; }
}
