using System.Text.Json;
using System.Text.Json.Serialization;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Topics;

namespace CrashStreams.Broker;

/// <summary>
/// Decides whether a directory may be opened as a broker's data: it is empty, or it can prove that a broker made it. The proof is the
/// marker file <c>{"format":"crashstreams-broker","version":1,"clusterId":"…"}</c>, which is written once everything else is there.
/// Data that was written before there were markers has a catalog instead, and gets its marker at the next start.
/// </summary>
internal static class DataDirectory
{
    public const string Marker = "broker.json";
    private const string Format = "crashstreams-broker";
    private const int Version = 1;
    private const int NamesInMessages = 3;

    /// <summary>Another broker could take a directory in its data for something that was left over.</summary>
    /// <exception cref="InvalidDataException">The directory lies in the data of another broker, or is none.</exception>
    public static void RequireOutsideOfOthers(string path)
    {
        RequireNoFile(path, Path.GetFullPath(path));
        for (var parent = Path.GetDirectoryName(Path.GetFullPath(path)); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            RequireNoFile(path, parent);
            if (File.Exists(Path.Combine(parent, Marker)))
                throw new InvalidDataException($"{Path.GetFullPath(path)} lies in the data of another broker, {parent}. Choose a data directory outside of it.");
        }
    }

    private static void RequireNoFile(string path, string part)
    {
        if (!File.Exists(part))
            return;
        var what = new FileInfo(part).LinkTarget is { } target ? $"a link to {target}, which is no folder" : "a file";
        throw new InvalidDataException(part == Path.GetFullPath(path)
            ? $"The data directory {part} is {what}. Choose a folder; one that is not there is made."
            : $"The data directory {Path.GetFullPath(path)} can't be made: {part} is {what}. Choose a folder; one that is not there is made.");
    }

    /// <summary>Reads the catalog, and changes nothing in the directory.</summary>
    /// <returns>What the catalog says; null when there is nothing yet.</returns>
    /// <exception cref="InvalidDataException">The directory is not a broker's, or a part of its data is missing; the message says what to do.</exception>
    public static CatalogContent? Check(IStorage storage)
    {
        var markedCluster = ReadMarker(storage);
        if (!storage.Exists(CatalogFile.Path))
        {
            if (markedCluster is not null)
                throw new InvalidDataException($"{storage.Location} holds the data of a broker, but its {CatalogFile.Path}, which says what topics there are, is missing. Restore it, or choose an empty data directory.");
            RequireEmpty(storage);
            return null;
        }

        var catalog = CatalogStore.Read(storage)!;
        if (markedCluster is not null && markedCluster != catalog.ClusterId)
            throw new InvalidDataException($"{CatalogFile.Path} in {storage.Location} belongs to another cluster ({catalog.ClusterId}) than the rest of the data ({markedCluster}). Restore the right one.");
        if (markedCluster is not null || catalog.Topics.Count > 0)
            RequireJournals(storage);
        return catalog;
    }

    /// <summary>Notes that the directory is a broker's. To be called when catalog and journals are there.</summary>
    public static void Mark(IStorage storage, string clusterId)
    {
        if (storage.Exists(Marker))
            return;
        storage.FlushNames(CoordinatorJournal.Folder);
        AtomicFile.Write(storage, Marker, JsonSerializer.SerializeToUtf8Bytes(new MarkerContent(Format, Version, clusterId), MarkerJson.Default.MarkerContent), flush: true);
    }

    private static string? ReadMarker(IStorage storage)
    {
        if (!storage.Exists(Marker))
            return null;
        MarkerContent? content;
        try
        {
            content = JsonSerializer.Deserialize(AtomicFile.Read(storage, Marker), MarkerJson.Default.MarkerContent);
        }
        catch (JsonException)
        {
            content = null;
        }
        if (content is not { Format: Format, ClusterId: not null })
            throw new InvalidDataException($"{Marker} in {storage.Location} is not a broker's, or it is damaged. Restore it, or choose an empty data directory.");
        if (content.Version != Version)
            throw new InvalidDataException($"{storage.Location} has the data format {content.Version}; this broker knows format {Version}. Use a newer broker or another data directory.");
        return content.ClusterId;
    }

    /// <summary>A directory that nobody has marked must be empty: whatever is in it is somebody else's, or data whose catalog is gone.</summary>
    private static void RequireEmpty(IStorage storage)
    {
        // Hidden files (.lock, .gitkeep, .DS_Store) and the lost+found of a file system are in many directories that people call empty.
        // A start that was interrupted leaves half a catalog.
        var found = storage.Directories("").Where(name => name != "lost+found").Select(name => name + "/")
            .Concat(storage.Files("").Where(name => name[0] != '.' && name is not (CatalogFile.Path + AtomicFile.TemporarySuffix)))
            .Order(StringComparer.Ordinal).ToList();
        if (found.Count > 0)
            throw new InvalidDataException($"{storage.Location} is neither empty nor the data of a broker: there is {NamesOf(found)} in it, but no {CatalogFile.Path}. "
                + $"Choose an empty data directory, or restore {CatalogFile.Path} if this was a broker's data.");
    }

    private static void RequireJournals(IStorage storage)
    {
        var missing = CoordinatorJournal.All.Except(storage.Directories(CoordinatorJournal.Folder)).Select(name => $"{CoordinatorJournal.Folder}/{name}").ToList();
        if (missing.Count > 0)
            throw new InvalidDataException($"Data is missing in {storage.Location}: {NamesOf(missing)}. Restore it; or, to start without committed offsets or transactions, create an empty folder of that name.");
    }

    /// <summary>A few names, and how many more there are.</summary>
    public static string NamesOf(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(NamesInMessages)) + (names.Count > NamesInMessages ? $" and {names.Count - NamesInMessages} more" : "");
}

internal sealed record MarkerContent(string Format, int Version, string ClusterId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MarkerContent))]
internal sealed partial class MarkerJson : JsonSerializerContext;
