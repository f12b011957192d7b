using CrashStreams.Log;
using CrashStreams.Samples.AdCampaigns.Results;

namespace CrashStreams.Samples.AdCampaigns.Latency;

/// <summary>How long results took: from when the last event of a row was sent to when the broker had the row. Milliseconds.</summary>
internal sealed record LatencySummary(string Name, int Rows, double Mean, long P50, long P90, long P99, long Max)
{
    /// <summary>The latencies in ascending order; for plots.</summary>
    public required IReadOnlyList<long> Sorted { get; init; }

    public static LatencySummary Of(string name, IEnumerable<long> latencies)
    {
        var sorted = latencies.Order().ToList();
        return new(name, sorted.Count, sorted.Average(), At(0.5), At(0.9), At(0.99), sorted[^1]) { Sorted = sorted };

        // The smallest latency that so large a share of all does not exceed.
        long At(double share) => sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
    }
}

/// <summary>Reads the latencies of all results.</summary>
internal static class LatencyReport
{
    /// <summary>Each window's summary, then that of all rows; nothing without rows.</summary>
    public static async Task<IReadOnlyList<LatencySummary>> ReadAsync(ILogClients clients, string results, string name, CancellationToken cancellation)
    {
        var serde = Serdes.Json(RowJson.Default.CampaignRow);
        var rows = new List<(DateTimeOffset Window, long LatencyMs)>();
        await TopicScan.ReadAsync(
            clients, results,
            (TopicPartition _, in LogRecord record) =>
            {
                if (serde.TryDeserialize(record.Value, out var row, out var _))
                    rows.Add((row.WindowStart, record.Timestamp - row.LastProduceTime));
            },
            progress: null, cancellation);
        if (rows.Count == 0)
            return [];
        return [.. rows.GroupBy(row => row.Window).OrderBy(window => window.Key).Select(window => LatencySummary.Of($"{window.Key.UtcDateTime:HH:mm:ss}", window.Select(row => row.LatencyMs))),
            LatencySummary.Of(name, rows.Select(row => row.LatencyMs))];
    }
}
