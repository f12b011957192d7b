using System.Buffers;
using System.Text.Json;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Topics;

/// <summary>A topic as the catalog names it.</summary>
internal sealed record CatalogEntry(Guid Id, string Name, int Partitions, IReadOnlyDictionary<string, string> Configs);

/// <summary>What the catalog says.</summary>
/// <param name="ClusterId">Chosen when the data directory was made.</param>
/// <param name="Topics">The topics that exist.</param>
/// <param name="Deleted">Ids of deleted topics whose logs may still be there: the only logs that a start deletes.</param>
/// <param name="Journal">The journal of what has changed since; null when there is none.</param>
internal sealed record CatalogContent(string ClusterId, IReadOnlyCollection<CatalogEntry> Topics, IReadOnlyCollection<Guid> Deleted, Guid? Journal = null);

/// <summary>
/// The file that says which topics there were when it was written:
/// <c>{"version":2,"clusterId":"…","journal":"…","topics":[{"id":"…","name":"…","partitions":12,"configs":{…}}],"deleted":["…"]}</c>.
/// Without a journal it is all, and has version 1, which brokers from before there was one read.
/// </summary>
internal static class CatalogFile
{
    public const string Path = "catalog.json";
    private const int Alone = 1;
    private const int WithJournal = 2;

    /// <summary>Replaces the file; returns how long it is.</summary>
    public static int Write(IStorage storage, CatalogContent catalog)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", catalog.Journal is null ? Alone : WithJournal);
            json.WriteString("clusterId", catalog.ClusterId);
            if (catalog.Journal is { } journal)
                json.WriteString("journal", journal);
            json.WriteStartArray("topics");
            foreach (var topic in catalog.Topics)
                json.WriteRawValue(Format(topic), skipInputValidation: true);
            json.WriteEndArray();
            json.WriteStartArray("deleted");
            foreach (var id in catalog.Deleted)
                json.WriteStringValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        AtomicFile.Write(storage, Path, buffer.WrittenSpan, flush: true);
        return buffer.WrittenCount;
    }

    /// <summary>What the file says; null when there is no file yet.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or of another version.</exception>
    public static CatalogContent? Read(IStorage storage)
    {
        if (!storage.Exists(Path))
            return null;
        try
        {
            using var json = JsonDocument.Parse(AtomicFile.Read(storage, Path));
            var root = json.RootElement;
            var version = root.GetProperty("version").GetInt32();
            if (version is not (Alone or WithJournal))
                throw new InvalidDataException($"{Path} has version {version}; this broker reads versions {Alone} and {WithJournal}. Use a newer broker or another data directory.");
            var topics = root.GetProperty("topics").EnumerateArray().Select(Read).ToList();
            Check(topics);
            var deleted = root.TryGetProperty("deleted", out var ids) ? ids.EnumerateArray().Select(id => id.GetGuid()).ToList() : [];
            Guid? journal = version == WithJournal ? root.GetProperty("journal").GetGuid() : null;
            return new CatalogContent(Required(root.GetProperty("clusterId").GetString()), topics, deleted, journal);
        }
        catch (Exception damaged) when (damaged is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{Path} in {storage.Location} is damaged or not a broker's ({damaged.Message}). Restore it, or choose an empty data directory.", damaged);
        }
    }

    /// <exception cref="FormatException">These can't be the topics of a broker.</exception>
    public static void Check(IEnumerable<CatalogEntry> topics)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ids = new HashSet<Guid>();
        foreach (var topic in topics)
        {
            if (!TopicName.IsValid(topic.Name) || topic.Partitions < 1)
                throw new FormatException($"it has a topic '{topic.Name}' of {topic.Partitions} partitions");
            if (!names.Add(topic.Name) || !ids.Add(topic.Id))
                throw new FormatException($"it names topic {topic.Name} twice");
        }
    }

    private static string Required(string? text) => text ?? throw new FormatException("a text is missing");

    /// <summary>A topic's part of the file, in one line; also of the journal.</summary>
    public static byte[] Format(CatalogEntry topic)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, topic);
        return buffer.WrittenSpan.ToArray();
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

    public static CatalogEntry Read(JsonElement topic) => new(
        topic.GetProperty("id").GetGuid(),
        Required(topic.GetProperty("name").GetString()),
        topic.GetProperty("partitions").GetInt32(),
        topic.GetProperty("configs").EnumerateObject().ToDictionary(config => config.Name, config => Required(config.Value.GetString())));
}
