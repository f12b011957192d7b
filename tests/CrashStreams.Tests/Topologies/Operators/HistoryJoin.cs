namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Inner and left join of a stream with a table's history. A record is answered when everything has appeared that it may see: what had appeared by its own tick, or by its time and the grace, if that is later. It meets
/// the update of its key with the highest time up to its own; of what lies further back than the history only that is known which still held at the history's beginning.
/// </summary>
internal sealed class HistoryJoin : Operator
{
    private const int WithoutRow = 55;

    private readonly bool _isLeft;
    private readonly int? _graceMs;
    private readonly int _historyMs;

    private HistoryJoin(Sketch sketch, Edge stream, Edge table)
        : base(sketch, stream, table)
    {
        _isLeft = sketch.Random.Chance(0.5);
        _historyMs = ((HistoryTable)table.From).HistoryMs;
        _graceMs = sketch.Random.Pick([null, 0, Math.Min(1_500, _historyMs), (int?)_historyMs]);
        AddOutput(EdgeKind.Stream, stream.Traits with { IsOrdered = false, IsRising = false });
    }

    public override string Text => $"{(_isLeft ? "left" : "inner")} join with a table's history{(_graceMs is { } grace ? $", grace {grace} ms" : "")}";

    public override bool HasStore => true;

    public override bool HoldsResults => _graceMs > 0;

    public override bool LooksAtPositions => true;

    public static Operator? Draw(Sketch sketch)
    {
        if (sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsRekeyed: false, IsCoPartitioned: true }) is not { } stream)
            return null;
        var layout = new Layout(sketch.Operators);
        return Merge.AreEven(layout, stream.From, stream.From) ? new HistoryJoin(sketch, stream, sketch.Add(new HistoryTable(sketch, layout.MostPartitions(stream.From)))) : null;
    }

    public override void Build(Dsl dsl)
    {
        var (stream, table) = (dsl.Stream(Inputs[0]), (KTable<string, string?>)dsl.Built(Inputs[1]));
        var joined = new Joined<string, string?> { Name = Name, Grace = _graceMs is { } grace ? TimeSpan.FromMilliseconds(grace) : null };
        dsl.Set(Outputs[0], _isLeft ? stream.LeftJoin(table, static (value, row) => Sum(value, row.Value), joined) : stream.Join(table, Sum, joined));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var state = run.State<State>(this, partition);
        if (input == 1)
        {
            // What lies before the history when it comes is never part of it.
            if (item.TimeMs >= item.ReadAtMs - _historyMs)
                state.Updates.Add(item);
            return;
        }

        state.Ordered.Add(item);
        run.WakeAt(item.ReadAtMs + 1);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<State>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in InEventTimeOrder.TakeDue(state.Ordered, tick))
            {
                if (item.Value is null || (item.Key is null && !_isLeft))
                    continue;
                if (item.Key is null || _graceMs is not { } grace || item.TimeMs < item.ReadAtMs - grace)
                {
                    run.Resume(() => Answer(run, state, partition, item));
                    continue;
                }

                state.Waiting.Add(item with { ReadAtMs = item.TimeMs + grace, Position = null, Origin = new(null, HasBytes: false) });
                run.WakeAt(item.TimeMs + grace + 1);
            }

            foreach (var item in state.Waiting.Where(i => i.ReadAtMs < tick).OrderBy(static i => i.TimeMs).ThenBy(static i => i.Key, StringComparer.Ordinal).ToList())
            {
                state.Waiting.Remove(item);
                Answer(run, state, partition, item);
            }
        }
    }

    // At the reference of the item everything is there that it may see.
    private void Answer(Ideal run, State state, int partition, Item item)
    {
        var reachesBack = Math.Max(item.TimeMs, item.ReadAtMs - _historyMs);
        var seen = state.Updates.Where(u => u.Key == item.Key && u.TimeMs <= reachesBack && u.ReadAtMs <= item.ReadAtMs).ToList();
        var last = seen.Count == 0 ? (Item?)null : seen.OrderBy(static u => u.TimeMs).ThenBy(static u => u.ReadAtMs).Last();
        var row = last?.TimeMs <= item.TimeMs ? last?.Value : null;
        if (row is not null || _isLeft)
            run.Emit(Outputs[0], partition, item with { Value = Sum(item.Value, row) });
    }

    private static string? Sum(string? value, string? row) => Item.Text(Item.Parse(value) + (9 * (row is null ? WithoutRow : Item.Parse(row))));

    private sealed class State
    {
        public List<Item> Updates { get; } = [];

        public List<Item> Ordered { get; } = [];

        public List<Item> Waiting { get; } = [];
    }
}
