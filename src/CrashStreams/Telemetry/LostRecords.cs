using System.Diagnostics.Metrics;

namespace CrashStreams.Telemetry;

/// <summary>Counts records that the log deleted before they were read.</summary>
internal static class LostRecords
{
    private static readonly Counter<long> _lost = StreamsMetrics.Meter.CreateCounter<long>(
        "crashstreams.records.lost", "{record}", "Records that retention deleted before they were read, by application, topic and partition.");

    public static void Add(string application, string topic, int partition, long count) =>
        _lost.Add(count, new("application", application), new("topic", topic), new("partition", partition));
}
