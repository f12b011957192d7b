using System.Globalization;
using System.Text.Json;
using CrashStreams.Testing;

namespace CrashStreams.Conformance.Tests;

/// <summary>A topology of the catalogue, in this library's DSL, and what its topics and stores hold.</summary>
internal sealed record TopologyDefinition(Action<StreamsBuilder, Vector> Build)
{
    /// <summary>Input topics that are not (text, text).</summary>
    public Dictionary<string, (Codec Key, Codec Value)> Inputs { get; init; } = [];

    public Dictionary<string, Func<Vector, (Codec Key, Codec Value)>> Outputs { get; init; } = [];

    /// <summary>Stores and how to list them as the vectors do.</summary>
    public Dictionary<string, Func<TopologyTestDriver, Vector, IEnumerable<string>>> Stores { get; init; } = [];

    /// <summary>The rules of docs/differences-from-kafka-streams.md by which cases may give something else here, on purpose.</summary>
    public IReadOnlyList<Rule> Rules { get; init; } = [Conformance.Tests.Rules.ExpiredSegmentsAreNotCounted];

    /// <summary>A case as it is by the rules, and the numbers of those that made a difference.</summary>
    public (Vector Vector, IReadOnlyList<int> Rules) ByRules(Vector vector)
    {
        var numbers = new List<int>();
        foreach (var rule in Rules)
        {
            if (rule.Apply(vector) is not { } changed)
                continue;
            vector = changed;
            numbers.Add(rule.Number);
        }

        return (vector, numbers);
    }

    public string? CompareStores(TopologyTestDriver driver, Vector vector)
    {
        if (vector.Stores is not { } stores)
            return null;
        foreach (var expected in stores.EnumerateObject())
        {
            var actual = $"[{string.Join(',', Stores[expected.Name](driver, vector))}]";
            var wanted = JsonSerializer.Serialize(expected.Value);
            if (actual != wanted)
                return $"store {expected.Name}: expected {wanted}, got {actual}";
        }

        return null;
    }

    public static Func<TopologyTestDriver, Vector, IEnumerable<string>> KeyValue<TValue>(string name, bool hasTimestamps) => (driver, _) =>
    {
        var store = (Stores.KeyValueStore<string, TValue>)driver.KeyValueStore<string, TValue>(name);
        return store.All().Select(e =>
        {
            store.TryGet(e.Key, out var value, out var timestamp);
            return hasTimestamps ? $"[{Json(e.Key)},{Json(value)},{timestamp}]" : $"[{Json(e.Key)},{Json(value)}]";
        });
    };

    public static Func<TopologyTestDriver, Vector, IEnumerable<string>> Windows<TValue>(string name) => (driver, _) =>
        driver.WindowStore<string, TValue>(name).All()
            .OrderBy(e => e.Key.Key, StringComparer.Ordinal).ThenBy(e => e.Key.Window.StartMs)
            .Select(e => $"[{Json(e.Key.Key)},{e.Key.Window.StartMs},{e.Key.Window.EndMs},{Json(e.Value.Value)},{e.Value.Timestamp}]");

    public static Func<TopologyTestDriver, Vector, IEnumerable<string>> Sessions<TValue>(string name) => (driver, _) =>
        driver.SessionStore<string, TValue>(name).All()
            .OrderBy(e => e.Key.Key, StringComparer.Ordinal).ThenBy(e => e.Key.Window.StartMs)
            .Select(e => $"[{Json(e.Key.Key)},{e.Key.Window.StartMs},{e.Key.Window.EndMs},{Json(e.Value)}]");

    public static Func<TopologyTestDriver, Vector, IEnumerable<string>> Versions<TValue>(string name) => (driver, _) =>
        driver.VersionedStore<string, TValue>(name).All().OrderBy(e => e.Key, StringComparer.Ordinal)
            .Select(e => $"[{Json(e.Key)},{Json(e.Value.Value)},{e.Value.Timestamp}]");

    private static string Json<T>(T value) => value is long number ? number.ToString(CultureInfo.InvariantCulture) : JsonSerializer.Serialize(value);
}
