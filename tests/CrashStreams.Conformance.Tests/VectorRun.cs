using System.Text.Json;
using System.Text;
using CrashStreams.Engine;
using CrashStreams.Faults;
using CrashStreams.Testing;

namespace CrashStreams.Conformance.Tests;

/// <summary>Runs one case and compares everything that the vector tells.</summary>
internal static class VectorRun
{
    private const string ApplicationId = "app";

    public static string? FirstDifference(TopologyDefinition definition, Vector vector)
    {
        var builder = new StreamsBuilder();
        definition.Build(builder, vector);
        var options = new StreamsOptions
        {
            ApplicationId = ApplicationId,
            Delivery = { Shuffle = ShuffleFormat.Plain },
            Time = { Clock = StreamTime.Observed, ObservedEmitInterval = TimeSpan.FromMilliseconds(vector.OptionalParameter("emitIntervalMs") ?? 0) },
        };
        using var driver = new TopologyTestDriver(builder.Build(), options);
        var appended = new List<(int Step, string Topic, RawRecord Record)>();
        var step = -1;
        driver.Log.Appended += (topic, record) => appended.Add((step, topic, record));
        string? error = null;
        foreach (var action in vector.Steps.EnumerateArray())
        {
            step++;
            try
            {
                Do(driver, definition, action);
            }
            catch (CrashStreamsException e)
            {
                error = e.Message;
                break;
            }
        }

        return CompareError(vector, step, error)
            ?? CompareOutputs(definition, vector, appended.Where(a => definition.Outputs.ContainsKey(a.Topic)).ToList())
            ?? (error is null ? definition.CompareStores(driver, vector) : null)
            ?? CompareDropped(driver, vector)
            ?? CompareRaw("changelog", vector.Changelog, appended.Where(a => a.Topic.EndsWith("-changelog", StringComparison.Ordinal)))
            ?? CompareRaw("internal", vector.Internal, appended.Where(a => a.Topic.EndsWith("-repartition", StringComparison.Ordinal) || a.Topic.EndsWith("-topic", StringComparison.Ordinal)));
    }

    private static void Do(TopologyTestDriver driver, TopologyDefinition definition, JsonElement action)
    {
        if (action.TryGetProperty("advanceWallClockMs", out var advance))
        {
            driver.AdvanceWallClock(TimeSpan.FromMilliseconds(advance.GetInt64()));
            return;
        }

        var topic = action.GetProperty("topic").GetString()!;
        var (key, value) = definition.Inputs.GetValueOrDefault(topic, (Codec.Text, Codec.Text));
        driver.Pipe(topic, key.Bytes(action.GetProperty("key")), value.Bytes(action.GetProperty("value")), action.GetProperty("ts").GetInt64());
    }

    private static string? CompareError(Vector vector, int step, string? error)
    {
        if (vector.Error is not { } expected)
            return error is null ? null : $"step {step}: {error}";
        var text = expected.GetProperty("message").GetString()!;
        var upToRecords = text[..(text.IndexOf(']', StringComparison.Ordinal) + 1)];
        return error is not null && step == expected.GetProperty("step").GetInt32() && error.StartsWith(upToRecords, StringComparison.Ordinal)
            ? null
            : $"step {step}: expected '{text}', got '{error}'";
    }

    /// <summary>A record of an output topic as the vectors show it.</summary>
    public static string Show(TopologyDefinition definition, Vector vector, string topic, RawRecord record)
    {
        var (key, value) = definition.Outputs[topic](vector);
        return $"{topic}: {Codec.Normal(key.Show(record.Key))} = {Codec.Normal(value.Show(record.Value))} @{record.Timestamp}";
    }

    /// <summary>The records of the output topics that a vector tells of, with their steps: those of one step in the order of topics.</summary>
    public static IEnumerable<(int Step, string Text)> Expected(Vector vector) => vector.Expected.EnumerateArray().Select(e => (
            Step: e.GetProperty("step").GetInt32(), Topic: e.GetProperty("topic").GetString()!, Json: e))
        .OrderBy(e => e.Step).ThenBy(e => e.Topic, StringComparer.Ordinal)
        .Select(e => (e.Step, $"{e.Topic}: {JsonSerializer.Serialize(e.Json.GetProperty("key"))} = {JsonSerializer.Serialize(e.Json.GetProperty("value"))} @{e.Json.GetProperty("ts").GetInt64()}"));

    private static string? CompareOutputs(TopologyDefinition definition, Vector vector, List<(int Step, string Topic, RawRecord Record)> appended)
    {
        // Between topics the order within one step says nothing.
        var actual = appended.OrderBy(a => a.Step).ThenBy(a => a.Topic, StringComparer.Ordinal).Select(a => $"step {a.Step} {Show(definition, vector, a.Topic, a.Record)}").ToList();
        return Difference("output", Expected(vector).Select(static e => $"step {e.Step} {e.Text}").ToList(), actual);
    }

    private static string? CompareDropped(TopologyTestDriver driver, Vector vector)
    {
        var actual = driver.Dropped;
        var names = new Dictionary<string, string>
        {
            ["late"] = DroppedRecords.Late, ["nullKey"] = DroppedRecords.NullKey, ["nullKeyOrValue"] = DroppedRecords.NullKeyOrValue,
            ["negativeTimestamp"] = DroppedRecords.NegativeTimestamp, ["nullJoinKeyOrValue"] = DroppedRecords.NullJoinKeyOrValue, ["expiredVersion"] = DroppedRecords.ExpiredVersion,
            ["nullForeignKey"] = DroppedRecords.NullForeignKey,
        };
        foreach (var expected in vector.Dropped.EnumerateObject())
        {
            if (expected.Name.StartsWith("notDropped", StringComparison.Ordinal))
                continue;
            if (expected.Name != "total" && !names.ContainsKey(expected.Name))
                return $"dropped {expected.Name}: no reason of ours is known to be the same";
            // Rule 4: null keys before a repartition topic have a reason of their own.
            var count = expected.Name == "total" ? actual.Where(static d => d.Key != DroppedRecords.RepartitionNullKey).Sum(static d => d.Value) : actual.GetValueOrDefault(names[expected.Name]);
            if (count != expected.Value.GetInt64())
                return $"dropped {expected.Name}: expected {expected.Value}, got {count}";
        }

        return null;
    }

    private static string? CompareRaw(string what, JsonElement? expected, IEnumerable<(int Step, string Topic, RawRecord Record)> appended)
    {
        if (expected is null)
            return null;
        var actual = appended.OrderBy(a => a.Step).ThenBy(a => a.Topic, StringComparer.Ordinal)
            .Select(a => $"step {a.Step} {a.Topic}: {Hex(a.Record.Key)} = {Hex(a.Record.Value)} @{(a.Record.Timestamp < 0 ? "null" : a.Record.Timestamp)}{Headers(a.Record)}").ToList();
        var wanted = expected.Value.EnumerateArray().Select(e => (Step: e.GetProperty("step").GetInt32(), Topic: e.GetProperty("topic").GetString()!, Json: e))
            .OrderBy(e => e.Step).ThenBy(e => e.Topic, StringComparer.Ordinal)
            .Select(e => $"step {e.Step} {e.Topic}: {e.Json.GetProperty("key").GetString() ?? "null"} = {e.Json.GetProperty("value").GetString() ?? "null"} @{e.Json.GetProperty("ts").GetRawText()}{JsonHeaders(e.Json)}")
            .ToList();
        // One commit writes a topic's records in the order of Java's hashes: it means nothing between different keys.
        return Difference(what, wanted.Order(StringComparer.Ordinal).ToList(), actual.Order(StringComparer.Ordinal).ToList());

        static string Hex(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexStringLower(bytes);

        static string Headers(RawRecord record) =>
            record.Headers is null ? "" : string.Concat(record.Headers.Select(h => $" {h.Key}={Hex(h.Value)}"));

        static string JsonHeaders(JsonElement json) =>
            json.TryGetProperty("headers", out var headers) ? string.Concat(headers.EnumerateArray().Select(h => $" {h[0].GetString()}={h[1].GetString()}")) : "";
    }

    private static string? Difference(string what, List<string> expected, List<string> actual)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var (want, got) = (expected.ElementAtOrDefault(i), actual.ElementAtOrDefault(i));
            if (want != got)
                return new StringBuilder(what).Append(" #").Append(i).Append(": expected ").Append(want ?? "nothing").Append(", got ").Append(got ?? "nothing").ToString();
        }

        return null;
    }
}
