using System.Text.Json.Nodes;

namespace CrashStreams.Conformance.Tests;

/// <summary>Counts per key and tumbling window with emission on close under the Observed clock, written down naively: nothing is forgotten before it is emitted.</summary>
internal static class ClosedCounts
{
    /// <summary>The rows of topic <c>out</c> that a case's input gives.</summary>
    public static JsonArray Of(Vector vector)
    {
        var (size, grace) = (vector.Parameter("sizeMs"), vector.Parameter("graceMs"));
        var (rows, time, step) = (new JsonArray(), long.MinValue, -1);
        var open = new SortedDictionary<(long Start, string Key), (long Count, long Time)>(Comparer<(long Start, string Key)>.Create(static (a, b) =>
            a.Start != b.Start ? a.Start.CompareTo(b.Start) : string.CompareOrdinal(a.Key, b.Key)));
        foreach (var record in vector.Steps.EnumerateArray())
        {
            step++;
            if (!record.TryGetProperty("key", out var name) || name.GetString() is not { } key)
                continue;
            var at = record.GetProperty("ts").GetInt64();
            if (at < 0)
                continue;
            time = Math.Max(time, at);
            var start = at / size * size;
            if (start + size + grace > time)
            {
                var before = open.GetValueOrDefault((start, key), (0, long.MinValue));
                open[(start, key)] = (before.Count + 1, Math.Max(before.Time, at));
            }

            foreach (var (window, row) in open.TakeWhile(w => w.Key.Start + size + grace <= time).ToList())
            {
                open.Remove(window);
                rows.Add(new JsonObject
                {
                    ["step"] = step, ["topic"] = "out", ["key"] = new JsonObject { ["key"] = window.Key, ["start"] = window.Start, ["end"] = window.Start + size }, ["value"] = row.Count, ["ts"] = row.Time,
                });
            }
        }

        return rows;
    }
}
