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
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in TakeDue(waiting, tick))
                run.Emit(Outputs[0], partition, item);
        }
    }

    /// <summary>Takes what waits no longer at a tick out of a list, in the order in which it goes on.</summary>
    public static IReadOnlyList<Item> TakeDue(List<Item> waiting, long tick)
    {
        var inputs = waiting.Select(static i => (Input: 0, Item: i)).ToList();
        waiting.RemoveAll(i => i.ReadAtMs < tick);
        return TakeDue(inputs, tick).Select(static i => i.Item).ToList();
    }

    /// <summary>The same with several inputs that have one order.</summary>
    public static IReadOnlyList<(int Input, Item Item)> TakeDue(List<(int Input, Item Item)> waiting, long tick)
    {
        var due = waiting.Where(i => i.Item.ReadAtMs < tick).ToList();
        waiting.RemoveAll(i => i.Item.ReadAtMs < tick);
        return due.OrderBy(static i => i.Item.ReadAtMs).ThenBy(static i => i.Item.TimeMs).ThenBy(static i => i.Item.Position is not null)
            .ThenBy(static i => i.Item.Position?.Topic, StringComparer.Ordinal).ThenBy(static i => i.Item.Position?.Partition).ThenBy(static i => i.Item.Position?.Offset)
            .ThenBy(static i => i.Item.IsUnordered)
            .ThenBy(static i => HasNoPlace(i.Item) ? i.Item.Key : null, StringComparer.Ordinal).ThenBy(static i => HasNoPlace(i.Item) ? i.Item.Value : null, StringComparer.Ordinal)
            .ThenBy(static i => i.Input)
            .Select(static i => (i.Input, i.Item with { Origin = i.Item.Origin with { HasBytes = false }, IsUnordered = false })).ToList();

        static bool HasNoPlace(Item item) => item.Position is null || item.IsUnordered;
    }
}
