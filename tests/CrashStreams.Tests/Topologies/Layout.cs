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

    /// <summary>Whether each width is known: repartition topics that feed each other and do not say how wide they are have none.</summary>
    public bool HasWidths()
    {
        var entries = _operators.Where(static o => o.SourceTopics.Count > 0 || o.IsBehindShuffle).ToList();
        var known = entries.Where(static e => e.SourceTopics.Count > 0 || e.Partitions is not null).ToHashSet();
        for (var count = -1; count < known.Count;)
        {
            count = known.Count;
            known.UnionWith(entries.Where(e => e.Inputs.All(i => Entries(i.From).All(known.Contains))).ToList());
        }

        return known.Count == entries.Count;
    }

    /// <summary>Whether what feeds each store is still of one width: repartition topics follow the inputs that they come from.</summary>
    public bool AreStoresFedEvenly() => _operators.Where(static o => o.HasStore).All(o => EntriesInFront(o).Select(WidthOf).Distinct().Count() == 1);

    /// <summary>Whether a group's records come, through any number of shuffles, from another one.</summary>
    public bool IsFedBy(Operator of, Operator by)
    {
        var (open, seen) = (new Stack<Operator>([of]), new HashSet<int>());
        while (open.TryPop(out var next))
        {
            foreach (var input in Entries(next).Where(static e => e.IsBehindShuffle).SelectMany(static e => e.Inputs).Where(i => seen.Add(_groups[i.From])))
                open.Push(input.From);
        }

        return seen.Contains(_groups[by]);
    }

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
