using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Simulation;

/// <summary>A final result: a key's window, its count, and the latest event time that was counted.</summary>
internal readonly record struct Row(string Key, long StartMs, long Count, long Timestamp);

/// <summary>Reads what a run has left in its topics.</summary>
internal static class Rows
{
    /// <summary>The windowed results in a topic, read committed.</summary>
    public static List<Row> Results(SimulatedCluster cluster, string topic, long windowMs) => ResultsWithMarks(cluster, topic, windowMs).ConvertAll(r => r.Row);

    /// <summary>Likewise, and which of them say that they are corrections; those of a key in their order.</summary>
    public static List<(Row Row, bool IsCorrection)> ResultsWithMarks(SimulatedCluster cluster, string topic, long windowMs)
    {
        var keys = Serdes.TimeWindowed(Serdes.String, TimeSpan.FromMilliseconds(windowMs));
        return Committed(cluster, topic).Select(entry =>
        {
            var key = keys.Deserialize(entry.Key);
            return (new Row(key.Key, key.Window.StartMs, Serdes.Int64.Deserialize(entry.Value), entry.Timestamp), Correction.IsIn(entry.Headers));
        }).ToList();
    }

    /// <summary>A window store's changelog as a restore would see it.</summary>
    public static Dictionary<(string Key, long StartMs), Row> WindowChangelog(SimulatedCluster cluster, string topic)
    {
        var rows = new Dictionary<(string, long), Row>();
        foreach (var entry in Committed(cluster, topic))
        {
            // key · start (8) · sequence (4)
            var start = System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(entry.Key.AsSpan()[^12..]);
            var key = Serdes.String.Deserialize(entry.Key.AsSpan()[..^12]);
            if (entry.Value is null)
                rows.Remove((key, start));
            else
                rows[(key, start)] = new(key, start, Serdes.Int64.Deserialize(entry.Value), entry.Timestamp);
        }

        return rows;
    }

    public static Dictionary<string, long> KeyValueChangelog(SimulatedCluster cluster, string topic)
    {
        var values = new Dictionary<string, long>();
        foreach (var entry in Committed(cluster, topic))
        {
            if (entry.Value is null)
                values.Remove(Serdes.String.Deserialize(entry.Key));
            else
                values[Serdes.String.Deserialize(entry.Key)] = Serdes.Int64.Deserialize(entry.Value);
        }

        return values;
    }

    public static IEnumerable<SimulatedEntry> Committed(SimulatedCluster cluster, string topic) =>
        cluster.Partitions(topic).SelectMany(p => p.Committed()).Select(e => e.Entry);
}
