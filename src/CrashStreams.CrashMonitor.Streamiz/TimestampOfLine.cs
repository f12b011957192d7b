using Confluent.Kafka;
using Streamiz.Kafka.Net.Processors;

namespace CrashStreams.CrashMonitor.Streamiz;

/// <summary>Event time is the line's own; a record without a line has none and is skipped. Every line comes by here, so they are counted.</summary>
internal sealed class TimestampOfLine(Action onLine) : ITimestampExtractor
{
    public long Extract(ConsumeResult<object, object> record, long partitionTime)
    {
        onLine();
        return record.Message.Value is LogEntry { UserId: not null } entry ? entry.TimestampMs : -1;
    }
}
