namespace CrashStreams.Plan;

/// <summary>What differs between the stores of two versions of a topology.</summary>
internal static class StoreDifferences
{
    public static IEnumerable<TopologyDifference> Of(Topology before, Topology after)
    {
        var (was, isNow) = (StoresOf(before), StoresOf(after));
        var differences = new List<TopologyDifference>();
        foreach (var (name, use) in was)
        {
            if (isNow.TryGetValue(name, out var now))
                differences.AddRange(Between(use, now));
            else if (use.Store.IsLogged)
                differences.Add(new(UpgradeRisk.Unsafe, name, $"is no store any more: what is in its changelog is lost to the application.{Renamed(use, was, isNow)}"));
        }

        differences.AddRange(isNow.Keys.Except(was.Keys).Select(static name => new TopologyDifference(UpgradeRisk.None, name, "is a new store and begins empty.")));
        return differences;
    }

    private static IEnumerable<TopologyDifference> Between(StoreUse was, StoreUse isNow)
    {
        var name = was.Store.Name;
        if (was.Store.Shape != isNow.Store.Shape)
        {
            yield return new(UpgradeRisk.Unsafe, name, $"was {was.Store.Shape} and is {isNow.Store.Shape}: what is in its changelog can't be read as that. Give it another name and let it be built from the input, or reset the application.");
        }
        else
        {
            foreach (var text in SerdeChanges(was.Store, isNow.Store))
                yield return new(UpgradeRisk.Unsafe, name, text);
        }

        if (was.Store.IsLogged != isNow.Store.IsLogged)
            yield return new(UpgradeRisk.Unsafe, name, was.Store.IsLogged ? "has no changelog any more: its state is lost with its instance." : "has a changelog from now on and begins empty.");
        if (!was.Topics.SetEquals(isNow.Topics))
            yield return new(UpgradeRisk.Unsafe, name, $"is fed by {Text(isNow.Topics)} instead of {Text(was.Topics)}: keys may lie in other partitions of its changelog. Check that all of them have the same number of partitions and the same keys.");
        if (was.Closes is { } closed && isNow.Closes is { } closes && closed != closes)
            yield return new(UpgradeRisk.Unsafe, closes, $"was named '{closed}', and how far its windows are closed is committed by its name: those of store '{name}' that are closed may be emitted again. Keep the name.");
    }

    private static IEnumerable<string> SerdeChanges(StoreDefinition was, StoreDefinition isNow) => was.Serdes.Zip(isNow.Serdes)
        .Where(static s => s.First is not null && s.Second is not null && s.First.GetType() != s.Second.GetType())
        .Select(static s => $"is written by {NameOf(s.Second!)} instead of {NameOf(s.First!)}: what is in its changelog may not be readable. Keep the serde, or give the store another name.");

    private static string NameOf(object serde) => serde.GetType().Name.Split('`')[0];

    private static string Renamed(StoreUse lost, Dictionary<string, StoreUse> was, Dictionary<string, StoreUse> isNow) =>
        isNow.FirstOrDefault(n => !was.ContainsKey(n.Key) && n.Value.Store.Shape == lost.Store.Shape && n.Value.Topics.SetEquals(lost.Topics)).Key is { } likely
            ? $" It may be '{likely}' now: give that the old name (a generated one changes with the topology)."
            : "";

    private static string Text(IEnumerable<string> topics) => string.Join(", ", topics.Order(StringComparer.Ordinal).Select(static t => $"'{t}'"));

    private static Dictionary<string, StoreUse> StoresOf(Topology topology)
    {
        var uses = new Dictionary<string, StoreUse>();
        foreach (var subTopology in topology.SubTopologies.Where(static s => s.Sources.Any()))
        {
            foreach (var store in subTopology.StoresFor(StreamTime.Watermarks))
            {
                var users = subTopology.Nodes.Where(n => n.StoresFor(StreamTime.Watermarks).Contains(store)).ToList();
                var topics = subTopology.SourcesOf(users).SelectMany(static s => s.Topics).ToHashSet();
                uses[store.Name] = new(store, topics, users.OfType<IWindowAggregateNode>().OfType<TopologyNode>().FirstOrDefault()?.Name);
            }
        }

        return uses;
    }

    /// <param name="Store">The store.</param>
    /// <param name="Topics">The topics whose records reach it.</param>
    /// <param name="Closes">The operator that closes its windows; null: it has none.</param>
    private sealed record StoreUse(StoreDefinition Store, HashSet<string> Topics, string? Closes);
}
