namespace CrashStreams.Tests.Topologies;

/// <summary>Count, Reduce and Aggregate per session, final results: a session is closed when the clock is past its end, gap and grace, and what comes then begins a new one.</summary>
internal sealed class SessionAggregate : Operator
{
    private readonly Fold _fold;
    private readonly int _gapMs;
    private readonly int _graceMs;
    private readonly bool _isCombined;

    private SessionAggregate(Sketch sketch, Edge input, Fold fold)
        : base(sketch, input)
    {
        _fold = fold;
        _gapMs = sketch.Random.Pick([500, 3_000, 10_000]);
        _graceMs = sketch.Random.Pick([0, 5_000, 20_000]);
        _isCombined = fold.Kind is FoldKind.Sum or FoldKind.Most && Id % 2 == 0;
        AddOutput(EdgeKind.Stream, fold.Final(input.Traits) with { Repeats = Repeats.Anything, IsRekeyed = true, IsKeyed = false });
    }

    public override string Text => $"{_fold} per session with a gap of {_gapMs} ms and a grace of {_graceMs} ms{(_isCombined ? ", combined in front" : "")}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public override bool HoldsResults => true;

    public override bool LooksAtPositions => true;

    // Its input is put into order, whatever is in front of it.
    public static Operator? Draw(Sketch sketch) => Fold.Draw(sketch, isWindowed: true) is var (input, fold)
        ? new SessionAggregate(sketch, input, sketch.Random.Chance(0.3) ? fold with { Kind = sketch.Random.Pick([FoldKind.Latest, FoldKind.Running]) } : fold) : null;

    public override void Build(Dsl dsl)
    {
        var (gap, grace) = (TimeSpan.FromMilliseconds(_gapMs), TimeSpan.FromMilliseconds(_graceMs));
        var windows = _graceMs == 0 ? SessionWindows.OfInactivityGapWithNoGrace(gap) : SessionWindows.OfInactivityGapAndGrace(gap, grace);
        var stream = dsl.Stream(Inputs[0]);
        SessionWindowedKStream<string, string?> Grouped() => Grouping.Of(stream, _fold, Name).WindowedBy(windows).Emit(EmitStrategy.OnWindowClose).OnLate(static _ => { });
        var sessions = _fold.Kind switch
        {
            FoldKind.Count => Grouped().Count(Name, Name),
            FoldKind.Sum or FoldKind.Most or FoldKind.Latest => Grouping.Numbers(stream, _fold, Name, numbers => _isCombined ? numbers.Combine(windows, _fold.Reduce, new() { Name = $"{Name}-combined" }) : numbers)
                .WindowedBy(windows).Emit(EmitStrategy.OnWindowClose).OnLate(static _ => { }).Reduce(_fold.Reduce, Name, Name),
            _ => Grouped().Aggregate(static () => 0L, (_, value, sum) => _fold.Of(sum, value), (_, a, b) => _fold.Merge(a, b), Name, Name),
        };
        dsl.Set(Outputs[0], sessions.ToStream($"{Name}-rows").Map(static (session, number) => (session.Key, (string?)TextOf(number, session.Window.EndMs - session.Window.StartMs)), $"{Name}-texts"));
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        // What is not folded holds nothing up either.
        run.WakeAt(item.ReadAtMs + 1);
        run.State<Sessions>(this, partition).Waiting.Add(item);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<Sessions>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in InEventTimeOrder.TakeDue(state.Waiting, tick).Where(_fold.Takes))
                Include(run, state, item);
            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var (key, session) in state.Open.Where(s => ClosesAt(s.Session) == tick).OrderBy(static s => s.Session.EndMs).ToList())
            {
                state.Open.Remove((key, session));
                run.Emit(Outputs[0], partition, new(key, TextOf(session.Number, session.EndMs - session.StartMs), session.EndMs, tick - 1, new(null, HasBytes: false)));
            }
        }
    }

    private void Include(Ideal run, Sessions state, Item item)
    {
        // The record came a tick ago: what was closed by then is closed for it.
        var found = state.Open.Where(s => s.Key == item.Key && ClosesAt(s.Session) > item.ReadAtMs
            && s.Session.EndMs >= item.TimeMs - _gapMs && s.Session.StartMs <= item.TimeMs + _gapMs).ToList();
        var (start, end) = (found.Select(static s => s.Session.StartMs).Append(item.TimeMs).Min(), found.Select(static s => s.Session.EndMs).Append(item.TimeMs).Max());
        if (end + _gapMs + _graceMs + 1 <= item.ReadAtMs)
        {
            run.Miss(this, 0, item, start);
            return;
        }

        state.Open.RemoveAll(found.Contains);
        var numbers = found.OrderBy(static s => s.Session.EndMs).Select(static s => s.Session.Number).ToList();
        var merged = numbers.Count == 0 ? (long?)null : numbers.Aggregate(_fold.Merge);
        var session = new Session(start, end, _fold.Of(merged, item.Value));
        state.Open.Add((item.Key!, session));
        run.WakeAt(ClosesAt(session));
    }

    private long ClosesAt(Session session) => session.EndMs + _gapMs + _graceMs + 1;

    public static string TextOf(long number, long lengthMs) => Item.Text((7 * number) + lengthMs);

    private readonly record struct Session(long StartMs, long EndMs, long Number);

    private sealed class Sessions
    {
        public List<Item> Waiting { get; } = [];

        public List<(string Key, Session Session)> Open { get; } = [];
    }
}
