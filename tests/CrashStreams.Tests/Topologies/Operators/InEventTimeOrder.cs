namespace CrashStreams.Tests.Topologies;

/// <summary>InEventTimeOrder: records go on in the order of the ideal run, each when the clock is past the tick at which it appeared.</summary>
internal sealed class InEventTimeOrder : Operator
{
    public InEventTimeOrder(Sketch sketch, Edge input)
        : base(sketch, input) => AddOutput(EdgeKind.Stream, input.Traits with { IsOrdered = true });

    public override string Text => "in event time order";

    public override bool HasStore => true;

    public override bool LooksAtPositions => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsCoPartitioned: true }) is { } input ? new InEventTimeOrder(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).InEventTimeOrder(Name));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.ReadAtMs + 1);
        run.State<List<Item>>(this, partition).Add(item);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, waiting) in run.States<List<Item>>(this))
        {
            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var item in TakeDue(waiting, tick))
                run.Emit(Outputs[0], partition, item);
        }
    }

    /// <summary>Takes what waits no longer at a tick out of a list, in the order in which it goes on.</summary>
    public static IReadOnlyList<Item> TakeDue(List<Item> waiting, long tick)
    {
        var due = waiting.Where(i => i.ReadAtMs < tick).ToList();
        waiting.RemoveAll(i => i.ReadAtMs < tick);
        return due.OrderBy(static i => i.ReadAtMs).ThenBy(static i => i.TimeMs).ThenBy(static i => i.Position is not null)
            .ThenBy(static i => i.Position?.Topic, StringComparer.Ordinal).ThenBy(static i => i.Position?.Partition).ThenBy(static i => i.Position?.Offset)
            .ThenBy(static i => i.IsUnordered)
            .ThenBy(static i => HasNoPlace(i) ? i.Key : null, StringComparer.Ordinal).ThenBy(static i => HasNoPlace(i) ? i.Value : null, StringComparer.Ordinal)
            .Select(static i => i with { Origin = i.Origin with { HasBytes = false }, IsUnordered = false }).ToList();

        static bool HasNoPlace(Item item) => item.Position is null || item.IsUnordered;
    }
}
