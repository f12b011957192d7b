using System.Globalization;
using System.Text;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Integration.Tests;

/// <summary>What a failed test of a running monitor tells: where the group stands, what each task thinks, which markers were written, what was logged.</summary>
internal static class Diagnosis
{
    public static async Task<string> Of(ILogClients clients, CrashMonitorOptions options, IReadOnlyList<StreamsApplication> instances, LogLines log)
    {
        var text = new StringBuilder();
        for (var i = 0; i < instances.Count; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"instance {i}: {instances[i].State}, {instances[i].ProcessedRecords} records, {instances[i].Completion.Exception?.Message}");
            foreach (var task in instances[i].Threads.SelectMany(t => t.Tasks))
                foreach (var input in task.Inputs)
                    text.AppendLine($"  {task.Id} {task.State} {input.Partition}: next {input.NextOffset}, committed {input.CommittedOffset}, clock {Time(task.Context.Clock.Watermark)}, input {input.Published}");
        }

        var topics = CrashTopology.OwnTopics(options.ApplicationId).Append(options.InputTopic).Append(options.AlertTopic).ToList();
        using var admin = clients.CreateAdmin("diagnosis");
        using var group = clients.CreateConsumer("diagnosis", options.ApplicationId, readCommitted: false);
        var counts = await admin.PartitionCountsAsync(topics, CancellationToken.None);
        var partitions = counts.SelectMany(c => Enumerable.Range(0, c.Value).Select(p => new TopicPartition(c.Key, p))).ToList();
        var ends = await admin.OffsetsAsync(partitions, CancellationToken.None);
        var committed = group.Committed(partitions);
        foreach (var partition in partitions)
            text.AppendLine($"{partition}: {ends[partition]}, committed {(committed.TryGetValue(partition, out var c) ? $"{c.Offset} [{string.Join(' ', CommittedTime.Decode(c.Metadata).Select(Time))}]" : "nothing")}");
        foreach (var (partition, markers) in await LastMarkers(clients, topics.Where(t => t.EndsWith("-repartition", StringComparison.Ordinal))))
            text.AppendLine($"{partition} markers: {string.Join(' ', markers.Select(m => $"{m.Key}:{Time(m.Value.Watermark)}{(m.Value.IsIdle ? "(idle)" : "")}"))}");
        return text.AppendLine(log.ToString()).ToString();
    }

    private static async Task<SortedDictionary<string, SortedDictionary<int, WatermarkMarker>>> LastMarkers(ILogClients clients, IEnumerable<string> topics)
    {
        var markers = new SortedDictionary<string, SortedDictionary<int, WatermarkMarker>>();
        foreach (var topic in topics)
            await TopicScan.ReadAsync(clients, topic, Read, null, CancellationToken.None);
        return markers;

        void Read(TopicPartition partition, in LogRecord record)
        {
            if (record.Headers is not { } headers || !MarkerRecord.TryRead(headers, out var tasks))
                return;
            if (!markers.TryGetValue($"{partition}", out var last))
                markers[$"{partition}"] = last = [];
            foreach (var task in tasks)
                last[task.Partition] = task;
        }
    }

    private static string Time(long time) => time == TaskClock.Unknown ? "?" : time.ToString(CultureInfo.InvariantCulture);
}
