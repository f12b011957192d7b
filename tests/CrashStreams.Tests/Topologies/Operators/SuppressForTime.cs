namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Suppress for a time, of the last values of each key in the order of event time: the last update of a key goes on once event time has passed the first one that waits by the limit, tombstones included; one that
/// is so late that this has been before it appears goes on at once.
/// </summary>
internal sealed class SuppressForTime : Operator
{
    private readonly int _limitMs;

    private SuppressForTime(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _limitMs = sketch.Random.Pick([0, 1_000, 15_000]);
        AddOutput(EdgeKind.Stream, input.Traits with { IsOrdered = false, IsRising = false, Repeats = Repeats.Anything });
    }

    public override string Text => $"in event time order to table, suppress for {_limitMs} ms";

    public override bool HasStore => true;

    public override bool HoldsResults => true;

    public override bool LooksAtPositions => true;

    public override bool HasOwnFault => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsTimed: true, IsRekeyed: false, IsCoPartitioned: true }) is { } input ? new SuppressForTime(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).InEventTimeOrder($"{Name}-order").ToTable(new() { Name = Name }, $"{Name}-table")
        .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(dsl.IsFaulty(this) ? _limitMs + 5_000 : _limitMs)), $"{Name}-suppress").ToStream($"{Name}-stream"));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.ReadAtMs + 1);
        run.State<State>(this, partition).Ordered.Add(item);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<State>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in InEventTimeOrder.TakeDue(state.Ordered, tick).Where(static i => i.Key is not null))
            {
                var dueAt = state.Waiting.TryGetValue(item.Key!, out var first) ? first.DueAt : Math.Max(item.TimeMs + _limitMs, item.ReadAtMs + 1);
                state.Waiting[item.Key!] = (dueAt, item);
                run.WakeAt(dueAt);
            }

            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var (key, (dueAt, item)) in state.Waiting.Where(w => w.Value.DueAt <= tick).ToList())
            {
                state.Waiting.Remove(key);
                run.Emit(Outputs[0], partition, item with { ReadAtMs = dueAt - 1, Position = null, Origin = new(null, HasBytes: false) });
            }
        }
    }

    private sealed class State
    {
        public List<Item> Ordered { get; } = [];

        public SortedDictionary<string, (long DueAt, Item Last)> Waiting { get; } = new(StringComparer.Ordinal);
    }
}
