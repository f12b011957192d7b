using CrashStreams.Log;
using CrashStreams.Operators;

namespace CrashStreams.Engine;

/// <summary>Copies of records that wait for their turn. Presented as batches of one, so that a task reads them as it reads a poll's.</summary>
internal sealed class RecordBuffer : LogBatch
{
    private readonly Queue<Copy> _queue = [];

    public override int Count => _queue.Count;

    public override IReadOnlyList<TopicPartition> Partitions => [];

    public override LogRecord this[int index] => _queue.Peek().ToRecord();

    /// <summary>The event time of the first record, or a negative number when it has none (it is processed at once then).</summary>
    public long HeadTimestamp => _queue.Peek().EventTime;

    public void Add(in LogRecord record, long eventTime) => _queue.Enqueue(new(
        record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, record.Offset, record.Timestamp, record.Headers, eventTime));

    public void RemoveHead() => _queue.Dequeue();

    private sealed record Copy(byte[]? Key, byte[]? Value, long Offset, long Timestamp, Headers? Headers, long EventTime)
    {
        public LogRecord ToRecord() => new()
        {
            Key = Key, HasKey = Key is not null, Value = Value, HasValue = Value is not null, Offset = Offset, Timestamp = Timestamp, Headers = Headers,
        };
    }
}
