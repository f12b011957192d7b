namespace CrashStreams.Tests.Topologies;

/// <summary>Two streams folded into the sessions of each key, each by its own aggregator and in the order of event time; every update of a session goes on.</summary>
internal sealed class CogroupedSessions : Operator
{
    private readonly int _gapMs;
    private readonly int _graceMs;

    private CogroupedSessions(Sketch sketch, Edge left, Edge right)
        : base(sketch, left, right)
    {
        _gapMs = sketch.Random.Pick([500, 3_000, 10_000]);
        _graceMs = sketch.Random.Pick([0, 5_000, 20_000]);
        IsBehindShuffle = left.Traits.IsRekeyed;
        var both = left.Traits with { IsOrdered = false, IsRising = false, Shuffles = Math.Max(left.Traits.Shuffles, right.Traits.Shuffles) };
        AddOutput(EdgeKind.Stream, (IsBehindShuffle ? both.Shuffled() : both) with { Repeats = Repeats.Anything, IsRekeyed = true, IsKeyed = false });
    }

    public override string Text => $"cogroup per session with a gap of {_gapMs} ms and a grace of {_graceMs} ms{(IsBehindShuffle ? ", shuffled" : "")}";

    public override bool IsBehindShuffle { get; }

    public override bool HasStore => true;

    public override bool LooksAtPositions => true;

    public override bool HasOwnFault => true;

    public override IReadOnlyList<string> LateNodes => [$"{Name}-cogroup-agg-0", $"{Name}-cogroup-agg-1"];

    public static Operator? Draw(Sketch sketch) => Cogroup.DrawInputs(sketch, isTimed: true) is var (left, right) && !Origins(left).Intersect(Origins(right)).Any() ? new CogroupedSessions(sketch, left, right) : null;

    // Two copies of a record have no order between them, and each gives an update.
    private static IEnumerable<Operator> Origins(Edge edge) => edge.From.Inputs.Count == 0 ? [edge.From] : edge.From.Inputs.SelectMany(Origins);

    public override void Build(Dsl dsl)
    {
        var windows = SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromMilliseconds(_gapMs), TimeSpan.FromMilliseconds(_graceMs));
        var left = dsl.Stream(Inputs[0]).GroupByKey(new() { Name = $"{Name}-by-0" });
        var right = dsl.Stream(Inputs[1]).GroupByKey(new() { Name = $"{Name}-by-1" });
        var (first, second) = dsl.IsFaulty(this) ? (1, 0) : (0, 1);
        dsl.Set(Outputs[0], left.Cogroup<long>((_, value, sum) => sum + Weight(first, value)).Cogroup(right, (_, value, sum) => sum + Weight(second, value))
            .WindowedBy(windows).Aggregate(static () => 0L, static (_, a, b) => a + b, Name, Name).ToStream($"{Name}-rows")
            .Map(static (session, number) => (session.Key, (string?)SessionAggregate.TextOf(number, session.Window.EndMs - session.Window.StartMs)), $"{Name}-texts"));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.ReadAtMs + 1);
        run.State<State>(this, partition).Waiting.Add((input, item));
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<State>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var (input, item) in InEventTimeOrder.TakeDue(state.Waiting, tick).Where(static i => i.Item.Key is not null))
                Include(run, state, input, partition, item);
        }
    }

    private void Include(Ideal run, State state, int input, int partition, Item item)
    {
        var found = state.Sessions.Where(s => s.Key == item.Key && s.EndMs + _gapMs + _graceMs + 1 > item.ReadAtMs && s.EndMs >= item.TimeMs - _gapMs && s.StartMs <= item.TimeMs + _gapMs).ToList();
        var (start, end) = (found.Select(static s => s.StartMs).Append(item.TimeMs).Min(), found.Select(static s => s.EndMs).Append(item.TimeMs).Max());
        if (end + _gapMs + _graceMs + 1 <= item.ReadAtMs)
        {
            run.Miss(this, input, item, start);
            return;
        }

        state.Sessions.RemoveAll(found.Contains);
        var number = found.Sum(static s => s.Number) + Weight(input, item.Value);
        state.Sessions.Add((item.Key!, start, end, number));
        run.Emit(Outputs[0], partition, item with { Value = SessionAggregate.TextOf(number, end - start), TimeMs = end });
    }

    private static long Weight(int input, string? value) => ((input + 1) * Item.Parse(value)) + 1;

    private sealed class State
    {
        public List<(int Input, Item Item)> Waiting { get; } = [];

        public List<(string Key, long StartMs, long EndMs, long Number)> Sessions { get; } = [];
    }
}
