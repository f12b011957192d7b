namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Which operators run in the same tasks, worked out from the description alone: whatever is connected without a shuffle. A group has a task for each
/// partition of its widest input; a repartition topic is as wide as the widest input of the group that writes it, unless it says so itself.
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
            foreach (var input in each.Inputs)
                Unite(_groups[input.From], _groups[each]);
        }
    }

    public int GroupOf(Operator of) => _groups[of];

    /// <summary>The number of tasks of the group that an operator is in.</summary>
    public int TasksOf(Operator of) => Entries(of).Max(WidthOf);

    /// <summary>The operators through which records enter a group: sources, and what stands behind a shuffle.</summary>
    public IEnumerable<Operator> Entries(Operator of) => _operators.Where(o => _groups[o] == _groups[of] && (o.SourceTopics.Count > 0 || o.IsBehindShuffle));

    /// <summary>The number of partitions through which records enter.</summary>
    public int WidthOf(Operator entry) => entry.SourceTopics.Count > 0 ? entry.SourceTopics.Values.Max() : entry.Partitions ?? TasksOf(entry.Inputs[0].From);

    /// <summary>Whether a group's records come, through any number of shuffles, from another one.</summary>
    public bool IsFedBy(Operator of, Operator by) =>
        Entries(of).Where(static e => e.IsBehindShuffle).Any(e => e.Inputs.Any(i => _groups[i.From] == _groups[by] || IsFedBy(i.From, by)));

    private void Unite(int from, int to)
    {
        foreach (var (each, group) in _groups.ToList())
        {
            if (group == from)
                _groups[each] = to;
        }
    }
}
