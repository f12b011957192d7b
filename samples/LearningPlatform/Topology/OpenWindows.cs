using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>The windows of a task's views, from their first partial tally until they close.</summary>
internal sealed class OpenWindows
{
    private readonly Dictionary<byte, ViewPanes> _views;

    /// <param name="plans">The views.</param>
    /// <param name="watermark">How far the task had come in an earlier life; negative: there was none.</param>
    public OpenWindows(IReadOnlyList<ViewPlan> plans, long watermark)
    {
        _views = plans.ToDictionary(plan => plan.Index, plan => new ViewPanes(plan, watermark));
    }

    public StringPool Users { get; } = new();

    /// <summary>Tallies of which the store has less.</summary>
    public List<(ViewPlan Plan, GroupTally Group)> Dirty { get; } = [];

    public ViewPlan PlanOf(byte view) => PanesOf(view).Plan;

    /// <summary>How many tallies came when all of their windows were closed, because their partition was idle and not waited for.</summary>
    public long Missed { get; private set; }

    /// <summary>Adds a partial tally, with its users, as <see cref="PartialRecords"/> has written it.</summary>
    public void Add(ViewPlan plan, TallyKey key, ref PackedReader reader)
    {
        if (Find(plan, key) is { } group)
        {
            group.Add(ref reader, Users);
            return;
        }

        new GroupTally(key, plan.Shape).Add(ref reader, Users);
    }

    /// <summary>The tally of a key as a store has it, however far the clock is.</summary>
    public GroupTally Restored(byte view, TallyKey key) => PanesOf(view).Restored(key);

    /// <summary>Adds a partial tally that has not gone through a shuffle.</summary>
    public void Add(ViewPlan plan, TallyKey key, Tally tally) => Find(plan, key)?.Tally.Add(tally);

    /// <summary>Closes what is over when event time has come to a watermark.</summary>
    /// <param name="watermark">Milliseconds.</param>
    /// <param name="emit">Gets the rows, which are final.</param>
    /// <param name="forget">Told of tallies that no window needs any more.</param>
    public void Close(long watermark, Action<ViewRow> emit, Action<ViewPlan, GroupTally>? forget)
    {
        var any = false;
        foreach (var view in _views.Values)
            any |= view.Close(watermark, emit, forget);
        if (any)
            Users.Age();
    }

    private GroupTally? Find(ViewPlan plan, TallyKey key)
    {
        var group = PanesOf(plan.Index).Find(key);
        if (group is null)
            Missed++;
        else if (!group.IsDirty)
            Dirty.Add((plan, group));
        if (group is not null)
            group.IsDirty = true;
        return group;
    }

    private ViewPanes PanesOf(byte view) => _views.TryGetValue(view, out var panes) ? panes : throw new SerdeException("unknown-view");
}
