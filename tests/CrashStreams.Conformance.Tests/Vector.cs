using System.Text.Json;

namespace CrashStreams.Conformance.Tests;

/// <summary>One case of a vector file: what was piped into Kafka Streams, and what it did.</summary>
internal sealed class Vector(JsonElement json)
{
    public string Name => json.GetProperty("case").GetString()!;

    public JsonElement Steps => json.GetProperty("steps");

    public JsonElement Expected => json.GetProperty("expected");

    public JsonElement Dropped => json.GetProperty("dropped");

    public JsonElement? Error => Find("error");

    public JsonElement? Stores => Find("stores");

    public JsonElement? Changelog => Find("changelog");

    public JsonElement? Internal => Find("internal");

    public long Parameter(string name) => json.GetProperty("params").GetProperty(name).GetInt64();

    public long? OptionalParameter(string name) => json.GetProperty("params").TryGetProperty(name, out var value) ? value.GetInt64() : null;

    public TimeSpan Time(string name) => TimeSpan.FromMilliseconds(Parameter(name));

    public static IEnumerable<Vector> Read(string file) => File.ReadLines(file).Select(line => new Vector(JsonDocument.Parse(line).RootElement));

    private JsonElement? Find(string name) => json.TryGetProperty(name, out var value) ? value : null;
}
