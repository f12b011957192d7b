using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrashStreams.Conformance.Tests;

/// <summary>One case of a vector file: what was piped into Kafka Streams, and what it did.</summary>
internal sealed class Vector(JsonElement json)
{
    private static readonly JsonSerializerOptions _relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    /// <summary>A copy that is changed.</summary>
    public Vector With(Action<JsonObject> change)
    {
        var copy = JsonNode.Parse(json.GetRawText())!.AsObject();
        change(copy);
        return new(JsonDocument.Parse(copy.ToJsonString(_relaxed)).RootElement);
    }

    private JsonElement? Find(string name) => json.TryGetProperty(name, out var value) ? value : null;
}
