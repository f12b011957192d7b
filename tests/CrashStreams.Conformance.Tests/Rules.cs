using System.Text.Json.Nodes;

namespace CrashStreams.Conformance.Tests;

/// <summary>The rules by which cases differ from Kafka Streams.</summary>
internal static class Rules
{
    /// <summary>Rule 1: a left stream-table join with a grace lets a record without key out unmatched. Kafka Streams' case ends with it.</summary>
    public static Rule UnmatchedWithoutKey { get; } = new(1, static vector =>
    {
        if (vector.Error is not { } error || error.GetProperty("type").GetString() != "NullPointerException")
            return null;
        return vector.With(json =>
        {
            var step = error.GetProperty("step").GetInt32();
            var steps = json["steps"]!.AsArray();
            var record = steps[step]!;
            while (steps.Count > step + 1)
                steps.RemoveAt(step + 1);
            json["expected"]!.AsArray().Add(new JsonObject
            {
                ["step"] = step, ["topic"] = "out", ["key"] = null, ["value"] = $"{record["value"]}+null", ["ts"] = record["ts"]!.DeepClone(),
            });
            json.Remove("error");
        });
    });

    /// <summary>Rule 3: on close, a window is kept until it has given its result.</summary>
    public static Rule KeptUntilEmitted { get; } = new(3, static vector =>
    {
        var rows = ClosedCounts.Of(vector);
        return JsonNode.DeepEquals(rows, JsonNode.Parse(vector.Expected.GetRawText())) ? null : vector.With(json => json["expected"] = rows);
    });

    /// <summary>Rule 5: writes to segments that have expired are part of no count.</summary>
    public static Rule ExpiredSegmentsAreNotCounted { get; } = new(5, static vector =>
    {
        var counts = vector.Dropped.EnumerateObject().Where(static d => !d.Name.StartsWith("notDropped", StringComparison.Ordinal)).ToDictionary(static d => d.Name, static d => d.Value.GetInt64());
        var explained = counts.Where(static d => d.Key is not ("total" or "expiredSegment")).Sum(static d => d.Value);
        return counts["total"] == explained ? null : vector.With(json =>
        {
            json["dropped"]!["total"] = explained;
            json["dropped"]!.AsObject().Remove("expiredSegment");
        });
    });

    /// <summary>Rule 2: an update that lies before a table's history is neither kept nor logged.</summary>
    /// <param name="historyParameter">The parameter that has the table's history, milliseconds.</param>
    public static Rule BeforeHistoryIsNotLogged(string historyParameter) => new(2, vector =>
    {
        if (vector.Changelog is not { } changelog)
            return null;
        var (history, latest, kept) = (vector.Parameter(historyParameter), long.MinValue, new JsonArray());
        foreach (var entry in changelog.EnumerateArray().OrderBy(static e => e.GetProperty("step").GetInt32()))
        {
            if (entry.GetProperty("topic").GetString()!.Contains("versioned", StringComparison.Ordinal))
            {
                var time = entry.GetProperty("ts").GetInt64();
                latest = Math.Max(latest, time);
                if (time < latest - history)
                    continue;
            }

            kept.Add(JsonNode.Parse(entry.GetRawText()));
        }

        return kept.Count == changelog.GetArrayLength() ? null : vector.With(json => json["changelog"] = kept);
    });
}
