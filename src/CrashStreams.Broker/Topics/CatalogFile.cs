using System.Buffers;
using System.Text.Json;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Topics;

/// <summary>A topic as the catalog file names it.</summary>
internal sealed record CatalogEntry(Guid Id, string Name, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>
/// The file that says which topics exist, replaced as a whole by every change:
/// <c>{"version":1,"clusterId":"…","topics":[{"id":"…","name":"…","partitions":12,"configs":{…}}]}</c>.
/// </summary>
internal static class CatalogFile
{
    public const string Path = "catalog.json";
    private const int Version = 1;

    public static void Write(IStorage storage, string clusterId, IEnumerable<CatalogEntry> topics)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("clusterId", clusterId);
            json.WriteStartArray("topics");
            foreach (var topic in topics)
                Write(json, topic);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        AtomicFile.Write(storage, Path, buffer.WrittenSpan, flush: true);
    }

    /// <summary>The cluster id and the topics; null when there is no file yet.</summary>
    public static (string ClusterId, List<CatalogEntry> Topics)? Read(IStorage storage)
    {
        if (AtomicFile.Read(storage, Path) is not { } content)
            return null;
        using var json = JsonDocument.Parse(content);
        var root = json.RootElement;
        if (root.GetProperty("version").GetInt32() != Version)
            throw new InvalidDataException($"{Path} has version {root.GetProperty("version")}; this broker reads version {Version}. Use a newer broker or another data directory.");
        var topics = root.GetProperty("topics").EnumerateArray().Select(Read).ToList();
        return (root.GetProperty("clusterId").GetString()!, topics);
    }

    private static void Write(Utf8JsonWriter json, CatalogEntry topic)
    {
        json.WriteStartObject();
        json.WriteString("id", topic.Id);
        json.WriteString("name", topic.Name);
        json.WriteNumber("partitions", topic.Partitions);
        json.WriteStartObject("configs");
        foreach (var (name, value) in topic.Configs)
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static CatalogEntry Read(JsonElement topic) => new(
        topic.GetProperty("id").GetGuid(),
        topic.GetProperty("name").GetString()!,
        topic.GetProperty("partitions").GetInt32(),
        topic.GetProperty("configs").EnumerateObject().ToDictionary(config => config.Name, config => config.Value.GetString()!));
}
