using System.Diagnostics.Metrics;
using CrashStreams.Log;

namespace CrashStreams.Telemetry;

/// <summary>Counts records that the log deleted before they were read.</summary>
internal static class LostRecords
{
    private static readonly Counter<long> _lost = StreamsMetrics.Meter.CreateCounter<long>(
        "crashstreams.records.lost", "{record}", "Records that retention deleted before they were read, by application, topic and partition.");

    public static void Add(string application, in TopicPartition partition, long count) =>
        _lost.Add(count, new("application", application), new("topic", partition.Topic), new("partition", partition.Partition));
}
