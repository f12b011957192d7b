namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Which operators run in the same tasks, worked out from the description alone: whatever is connected without a shuffle. A group has a task for each
/// partition of its inputs; when those are not all of the same width, each input has tasks of its own, with those that feed a common store. A repartition topic
/// is as wide as the widest input of the group that writes it, unless it says so itself.
/// </summary>
internal sealed class Layout
{
    private readonly Dictionary<Operator, int> _groups = [];
    private readonly IReadOnlyList<Operator> _operators;

    public Layout(IReadOnlyList<Operator> operators)
    {
        _operators = operators;
        foreach (var each in operators)
        {
            _groups[each] = each.Id;
            if (each.IsBehindShuffle)
                continue;
            foreach (var input in LocalInputs(each))
                Unite(_groups[input.From], _groups[each]);
        }
    }

    public int GroupOf(Operator of) => _groups[of];

    /// <summary>The number of partitions of the widest input of the group that an operator is in.</summary>
    public int MostPartitions(Operator of) => Entries(of).Max(WidthOf);

    /// <summary>The operators through which records enter the tasks that an operator with a store is in.</summary>
    public IReadOnlyList<Operator> EntriesOfTask(Operator of)
    {
        var entries = Entries(of).ToList();
        if (entries.Select(WidthOf).Distinct().Count() == 1)
            return entries;
        var (reached, stores) = (EntriesInFront(of).ToHashSet(), _operators.Where(o => o.HasStore && _groups[o] == _groups[of]).ToList());
        for (var count = 0; count < reached.Count;)
        {
            count = reached.Count;
            foreach (var store in stores.Where(s => EntriesInFront(s).Any(reached.Contains)))
                reached.UnionWith(EntriesInFront(store));
        }

        return [.. reached];
    }

    /// <summary>The operators through which records enter a group: sources, and what stands behind a shuffle.</summary>
    public IEnumerable<Operator> Entries(Operator of) => _operators.Where(o => _groups[o] == _groups[of] && (o.SourceTopics.Count > 0 || o.IsBehindShuffle));

    /// <summary>The operators of a group to whose tasks answers come back: they are inputs of these tasks too.</summary>
    public IEnumerable<Operator> Answered(Operator of) => _operators.Where(o => _groups[o] == _groups[of] && o.Inputs.Where((_, i) => o.IsRemote(i)).Any());

    /// <summary>Of these, those whose answers come to the tasks that an operator with a store is in.</summary>
    public IEnumerable<Operator> AnsweredInTask(Operator of) => Answered(of).Where(a => EntriesInFront(a).Intersect(EntriesOfTask(of)).Any());

    /// <summary>The number of partitions through which records enter.</summary>
    public int WidthOf(Operator entry) => entry.SourceTopics.Count > 0 ? entry.SourceTopics.Values.Max() : entry.Partitions ?? MostPartitions(entry.Inputs[0].From);

    /// <summary>Whether a group's records come, through any number of shuffles, from another one.</summary>
    public bool IsFedBy(Operator of, Operator by) =>
        Entries(of).Where(static e => e.IsBehindShuffle).Any(e => e.Inputs.Any(i => _groups[i.From] == _groups[by] || IsFedBy(i.From, by)));

    private static IEnumerable<Operator> EntriesInFront(Operator of) =>
        of.IsBehindShuffle || of.SourceTopics.Count > 0 ? [of] : LocalInputs(of).SelectMany(i => EntriesInFront(i.From)).Distinct();

    private static IEnumerable<Edge> LocalInputs(Operator of) => of.Inputs.Where((_, i) => !of.IsRemote(i));

    private void Unite(int from, int to)
    {
        foreach (var (each, group) in _groups.ToList())
        {
            if (group == from)
                _groups[each] = to;
        }
    }
}
