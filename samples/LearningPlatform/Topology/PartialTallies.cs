using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>Which events a tally is of, within its view.</summary>
/// <param name="Group">The group.</param>
/// <param name="Pane">The start of the pane, milliseconds.</param>
/// <param name="Missed">How many of the pane's windows the events have missed, the earliest first.</param>
internal readonly record struct TallyKey(string Group, long Pane, int Missed);

/// <summary>
/// Events of a task's views, added up until the next commit: what goes through the shuffle are these sums, not the events. Whether an event is late is decided here, where it was read: by the highest
/// event time of its own partition.
/// </summary>
internal sealed class PartialTallies
{
    private readonly Dictionary<TallyKey, Tally>[] _tallies;
    private readonly IReadOnlyList<ViewPlan> _plans;
    private readonly (TallyKey Key, Tally? Tally)[] _last;

    public PartialTallies(IReadOnlyList<ViewPlan> plans)
    {
        _plans = plans;
        _tallies = [.. plans.Select(_ => new Dictionary<TallyKey, Tally>())];
        _last = new (TallyKey, Tally?)[plans.Count];
    }

    /// <summary>About how much is held: tallies and users.</summary>
    public int Size { get; private set; }

    /// <summary>Adds an event to each of the views that are about it.</summary>
    /// <param name="e">The event.</param>
    /// <param name="watermark">The highest event time of its partition, its own included.</param>
    /// <returns>How many views it was too late for.</returns>
    public int Add(LearningEvent e, long watermark)
    {
        var late = 0;
        for (var i = 0; i < _plans.Count; i++)
        {
            var plan = _plans[i];
            if (!plan.Accepts[(int)e.Type] || (plan.View.Where is { } condition && !condition(e)))
                continue;
            if (plan.GroupOf(e) is { } group && !Add(i, group, e, e.TimeMs, watermark, 1))
                late++;
        }

        return late;
    }

    /// <summary>Adds an event or a joined row to one view; false when it is late.</summary>
    public bool Add(int plan, string group, LearningEvent e, long timeMs, long watermark, int weight)
    {
        var pane = _plans[plan].PaneOf(timeMs);
        var missed = _plans[plan].MissedWindows(pane, watermark, out var isLate);
        if (isLate)
            return false;
        var tally = TallyOf(plan, new(group, pane, missed));
        var users = tally.Users?.Count ?? 0;
        tally.Add(e, weight);
        Size += (tally.Users?.Count ?? 0) - users;
        return true;
    }

    /// <summary>Gives everything away, and begins again.</summary>
    public void Drain(Action<ViewPlan, TallyKey, Tally> take)
    {
        for (var i = 0; i < _plans.Count; i++)
        {
            foreach (var (key, tally) in _tallies[i])
                take(_plans[i], key, tally);
            _tallies[i].Clear();
        }

        Array.Clear(_last);
        Size = 0;
    }

    // Views of one group have the same tally for a long time.
    private Tally TallyOf(int plan, TallyKey key)
    {
        if (_last[plan] is { Tally: { } tally } last && last.Key == key)
            return tally;
        if (!_tallies[plan].TryGetValue(key, out tally))
        {
            _tallies[plan][key] = tally = new(_plans[plan].Shape);
            Size++;
        }

        _last[plan] = (key, tally);
        return tally;
    }
}
