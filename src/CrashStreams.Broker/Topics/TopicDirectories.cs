using System.Globalization;
using System.Text.RegularExpressions;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The directories of the logs, <c>logs/{topic id}-{partition}</c>. A start deletes only those whose topic was deleted, as the catalog
/// notes it. Others without a topic are moved to <c>orphaned/</c>, and what doesn't have such a name is not touched.
/// </summary>
internal sealed partial class TopicDirectories(IStorage storage, ILogger log)
{
    private const string Logs = "logs";
    private const string Orphaned = "orphaned";

    public static string Of(Guid topic, int partition) => $"{Logs}/{NameOf(topic, partition)}";

    /// <summary>Makes the names of new directories survive a power cut: a catalog that names logs which are not there keeps the broker from starting.</summary>
    public void FlushNames() => storage.FlushNames(Logs);

    /// <exception cref="InvalidDataException">Logs of these topics are not there: data that is missing is not an empty topic.</exception>
    public void Require(IReadOnlyCollection<CatalogEntry> topics)
    {
        var present = storage.Directories(Logs).ToHashSet(StringComparer.Ordinal);
        var missing = topics.SelectMany(topic => Enumerable.Range(0, topic.Partitions)
            .Where(partition => !present.Contains(NameOf(topic.Id, partition)))
            .Select(partition => $"{Of(topic.Id, partition)} ({topic.Name}-{partition})")).ToList();
        if (missing.Count > 0)
            throw new InvalidDataException($"Data is missing in {storage.Location}: {DataDirectory.NamesOf(missing)}. Restore it; or, to go on with an empty partition, create an empty folder of that name.");
    }

    /// <summary>Deletes the log of a partition that nobody can see any more. False when the disk fails.</summary>
    public bool TryDelete(Guid topic, int partition)
    {
        var directory = Of(topic, partition);
        try
        {
            if (!LogDirectory.TryDelete(storage, directory))
                SetAside(directory, "it holds files that are not the broker's");
            return true;
        }
        catch (IOException failed)
        {
            LogNotDeleted(directory, failed.Message);
            return false;
        }
    }

    /// <summary>
    /// Cleans up what a crash between a change of the catalog and of the directories has left. Returns the deleted topics of which something is
    /// still there, because the disk failed.
    /// </summary>
    public IReadOnlyList<Guid> CleanUp(IReadOnlyCollection<CatalogEntry> topics, IReadOnlyCollection<Guid> deleted)
    {
        var partitions = topics.ToDictionary(topic => topic.Id, topic => topic.Partitions);
        var left = new List<Guid>();
        foreach (var name in storage.Directories(Logs))
        {
            if (!TryParse(name, out var topic, out var partition))
                LogForeign($"{Logs}/{name}");
            else if (deleted.Contains(topic) && !partitions.ContainsKey(topic))
            {
                if (!TryDelete(topic, partition))
                    left.Add(topic);
            }
            else if (partition >= partitions.GetValueOrDefault(topic))
                SetAside($"{Logs}/{name}", "no topic of the catalog has it");
        }
        return left;
    }

    private void SetAside(string directory, string reason)
    {
        storage.CreateDirectory(Orphaned);
        var name = directory[(directory.LastIndexOf('/') + 1)..];
        var taken = storage.Directories(Orphaned).ToHashSet(StringComparer.Ordinal);
        var target = name;
        for (var number = 1; taken.Contains(target); number++)
            target = $"{name}.{number}";
        storage.MoveDirectory(directory, $"{Orphaned}/{target}");
        LogSetAside(directory, $"{Orphaned}/{target}", reason);
    }

    private static bool TryParse(string directory, out Guid topic, out int partition)
    {
        (topic, partition) = (default, 0);
        return OwnName().Match(directory) is { Success: true } own && Guid.TryParseExact(own.Groups[1].ValueSpan, "N", out topic)
            && int.TryParse(own.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out partition);
    }

    private static string NameOf(Guid topic, int partition) => $"{topic:N}-{partition}";

    [GeneratedRegex("^([0-9a-f]{32})-(0|[1-9][0-9]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex OwnName();

    [LoggerMessage(LogLevel.Warning, "{Directory} was moved to {Target}: {Reason}. Delete it there, or restore the catalog that has it.")]
    private partial void LogSetAside(string directory, string target, string reason);

    [LoggerMessage(LogLevel.Warning, "{Directory} is not a log of this broker; it is left alone.")]
    private partial void LogForeign(string directory);

    [LoggerMessage(LogLevel.Warning, "{Directory} of a deleted topic could not be deleted: {Problem}")]
    private partial void LogNotDeleted(string directory, string problem);
}
