using System.Text;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>The tallies of one view, by pane and group.</summary>
internal sealed class ViewPanes
{
    private static readonly Comparer<string> _byCodePoints = Comparer<string>.Create(static (x, y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)));

    private readonly SortedDictionary<long, Dictionary<TallyKey, GroupTally>> _panes = [];
    private long _closedStart;

    public ViewPanes(ViewPlan plan, long watermark)
    {
        Plan = plan;
        _closedStart = LastClosedStart(watermark);
    }

    public ViewPlan Plan { get; }

    /// <summary>The tally of a key, a new one if need be; null when all of its windows are closed.</summary>
    public GroupTally? Find(TallyKey key)
    {
        // The last window of a pane starts with it.
        return key.Pane <= _closedStart ? null : Restored(key);
    }

    /// <summary>The same, however far the clock is.</summary>
    public GroupTally Restored(TallyKey key)
    {
        if (!_panes.TryGetValue(key.Pane, out var pane))
            _panes[key.Pane] = pane = [];
        if (!pane.TryGetValue(key, out var group))
            pane[key] = group = new(key, Plan.Shape);
        return group;
    }

    /// <summary>Closes the windows that are over at a watermark, the earliest first; answers whether there were any.</summary>
    public bool Close(long watermark, Action<ViewRow> emit, Action<ViewPlan, GroupTally>? forget)
    {
        var last = LastClosedStart(watermark);
        var any = false;
        while (_panes.Count > 0 && Math.Max(_closedStart + Plan.PaneMs, FirstStart()) is var start && start <= last)
        {
            Close(start, emit);
            _closedStart = start;
            any = true;
            if (_panes.Remove(start, out var pane) && forget is not null)
            {
                foreach (var group in pane.Values)
                    forget(Plan, group);
            }
        }

        _closedStart = Math.Max(_closedStart, last);
        return any;
    }

    private long LastClosedStart(long watermark)
    {
        var start = watermark - Plan.SizeMs - Plan.SpanMs;
        return watermark < 0 || start < 0 ? -Plan.PaneMs : start / Plan.PaneMs * Plan.PaneMs;
    }

    // Windows begin at the epoch at the earliest.
    private long FirstStart() => Math.Max(0, _panes.Keys.First() + Plan.PaneMs - Plan.SizeMs);

    private void Close(long start, Action<ViewRow> emit)
    {
        var groups = new Dictionary<string, (Tally Tally, bool IsSum)>();
        for (var pane = start; pane < start + Plan.SizeMs; pane += Plan.PaneMs)
        {
            if (!_panes.TryGetValue(pane, out var tallies))
                continue;
            // The window is the n-th of the pane's windows to end.
            var nth = (start + Plan.SizeMs - pane - Plan.PaneMs) / Plan.PaneMs;
            foreach (var (key, group) in tallies)
            {
                if (key.Missed > nth)
                    continue;
                groups[key.Group] = groups.TryGetValue(key.Group, out var before) ? (Sum(before, group.Tally), true) : (group.Tally, false);
            }
        }

        if (Plan.View.Ranks > 0)
            EmitRanks(start, groups, emit);
        else
            EmitAll(start, groups, emit);
    }

    // The first tally of a group is taken as it is, which is all that most have; it must not be changed.
    private Tally Sum((Tally Tally, bool IsSum) before, Tally tally)
    {
        var sum = before.Tally;
        if (!before.IsSum)
        {
            sum = new(Plan.Shape);
            sum.Add(before.Tally);
        }

        sum.Add(tally);
        return sum;
    }

    private void EmitAll(long start, Dictionary<string, (Tally Tally, bool IsSum)> groups, Action<ViewRow> emit)
    {
        foreach (var (group, (tally, _)) in groups)
            emit(Row(start, null, group, tally));
    }

    private void EmitRanks(long start, Dictionary<string, (Tally Tally, bool IsSum)> groups, Action<ViewRow> emit)
    {
        var rank = 0L;
        foreach (var (group, (tally, _)) in groups.OrderByDescending(group => group.Value.Tally.Counts[0]).ThenBy(group => group.Key, _byCodePoints).Take(Plan.View.Ranks))
            emit(Row(start, ++rank, group, tally));
    }

    private ViewRow Row(long start, long? rank, string group, Tally tally) => new(Plan.View,
    [
        DateTimeOffset.FromUnixTimeMilliseconds(start), DateTimeOffset.FromUnixTimeMilliseconds(start + Plan.SizeMs), .. rank is null ? Array.Empty<object?>() : [rank], .. Plan.PartsOf(group),
        .. Plan.Shape.ValuesOf(tally),
    ]);
}
