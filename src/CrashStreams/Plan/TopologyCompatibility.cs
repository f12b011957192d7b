using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>How much a difference between two versions of a topology matters when instances are upgraded one after the other.</summary>
public enum UpgradeRisk
{
    /// <summary>Old and new instances work side by side.</summary>
    None,

    /// <summary>Local state is restored from changelogs once more.</summary>
    Restore,

    /// <summary>State or records in flight are lost, results come twice, or the application refuses to start.</summary>
    Unsafe,
}

/// <summary>A difference between two versions of a topology.</summary>
/// <param name="Risk">What it means for a rolling upgrade.</param>
/// <param name="Subject">The store, topic or operator.</param>
/// <param name="Text">What differs, what it leads to, and what to do.</param>
public sealed record TopologyDifference(UpgradeRisk Risk, string Subject, string Text)
{
    /// <summary>For build logs: risk, subject, text.</summary>
    public override string ToString() => $"{Risk}: '{Subject}' {Text}";
}

/// <summary>
/// Compares two versions of a topology before one is rolled out over the other: names, kinds and formats of stores, repartition topics, which topics feed which state, and operators whose clocks are
/// committed by their names. For a test in the application's own build: keep the released version's builder, and expect nothing unsafe.
/// </summary>
public static class TopologyCompatibility
{
    /// <summary>The differences that matter, the most dangerous first. Empty: instances of both versions may run side by side.</summary>
    /// <param name="before">The version that runs.</param>
    /// <param name="after">The version that is to take its place, with the same application id.</param>
    public static IReadOnlyList<TopologyDifference> Compare(Topology before, Topology after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return [.. StoreDifferences.Of(before, after).Concat(Repartitions(before, after)).Concat(Sources(before, after)).OrderByDescending(static d => d.Risk).ThenBy(static d => d.Subject, StringComparer.Ordinal)];
    }

    private static IEnumerable<TopologyDifference> Repartitions(Topology before, Topology after)
    {
        foreach (var (name, topic) in before.RepartitionTopics)
        {
            if (!after.RepartitionTopics.TryGetValue(name, out var now))
                yield return new(UpgradeRisk.Unsafe, name, "is no repartition topic any more: records that wait in it are never processed. Give it its name again, or stop the application and let it drain first.");
            else if (now.Partitions != topic.Partitions)
                yield return new(UpgradeRisk.Unsafe, name, $"has {Count(now.Partitions)} instead of {Count(topic.Partitions)}: the topic that exists does not fit. Keep the number, or choose another name and drain this one first.");
        }

        foreach (var name in after.RepartitionTopics.Keys.Except(before.RepartitionTopics.Keys))
            yield return new(UpgradeRisk.None, name, "is a new repartition topic.");
    }

    private static IEnumerable<TopologyDifference> Sources(Topology before, Topology after)
    {
        foreach (var topic in before.SourceTopics.Except(after.SourceTopics))
            yield return new(UpgradeRisk.Unsafe, topic, "is not read any more: its records stay unprocessed from where the last old instance stopped.");
        foreach (var topic in after.SourceTopics.Except(before.SourceTopics))
            yield return new(UpgradeRisk.None, topic, "is read from now on, from where Delivery.OffsetReset says.");
        foreach (var topic in before.SourceTopics.Intersect(after.SourceTopics))
        {
            var (was, isNow) = (ReaderOf(before, topic), ReaderOf(after, topic));
            if (was.Id != isNow.Id && HasState(was) && HasState(isNow))
                yield return new(UpgradeRisk.Restore, topic, $"is read by sub-topology {isNow.Id} instead of {was.Id}: its tasks have other ids, so their local state is made again from changelogs. Declare what is new behind what there was.");
        }
    }

    private static SubTopology ReaderOf(Topology topology, string topic) => topology.SubTopologies.First(s => s.Sources.Any(n => !n.IsRepartition && n.Topics.Contains(topic)));

    private static bool HasState(SubTopology subTopology) => subTopology.StoresFor(StreamTime.Watermarks).Any(static s => s.IsLogged);

    private static string Count(int? partitions) => partitions is { } fixedCount ? $"{fixedCount} partitions" : "as many partitions as its input";
}
