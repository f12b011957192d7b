using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>A record that was read, copied out of the client's memory.</summary>
public sealed record Read(TopicPartition Partition, long Offset, string? Key, string? Value, long Timestamp, Headers? Headers)
{
    public static Read Of(LogBatch batch, int index)
    {
        var record = batch[index];
        return new(
            batch.Partitions[record.PartitionIndex],
            record.Offset,
            record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
            record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
            record.Timestamp,
            record.Headers);
    }
}
