namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Count, Reduce and Aggregate in sliding windows, every update or the final result. A record is in the windows that hold its time and that are open when it appears; one that ends with it begins to exist with it, and so
/// does the one that begins behind the record before it, and the one that begins behind it where that holds anything.
/// </summary>
internal sealed class SlidingAggregate : Operator
{
    private readonly Fold _fold;
    private readonly int _differenceMs;
    private readonly int _graceMs;
    private readonly bool _isFinal;

    private SlidingAggregate(Sketch sketch, Edge input, Fold fold)
        : base(sketch, input)
    {
        _fold = fold;
        _differenceMs = sketch.Random.Pick([0, 500, 4_000]);
        _graceMs = sketch.Random.Pick([0, 5_000, 30_000]);
        _isFinal = sketch.Random.Chance(0.6);
        AddOutput(EdgeKind.Stream, fold.Final(input.Traits) with { Repeats = Repeats.Anything, IsRekeyed = true, IsKeyed = false });
    }

    public override string Text => $"{_fold} per sliding window of {_differenceMs} ms and a grace of {_graceMs} ms{(_isFinal ? ", final" : "")}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public override bool HoldsResults => _isFinal;

    public override bool LooksAtPositions => true;

    public override bool HasOwnFault => true;

    // Its input is put into order, whatever is in front of it.
    public static Operator? Draw(Sketch sketch) => Fold.Draw(sketch, isWindowed: true) is var (input, fold)
        ? new SlidingAggregate(sketch, input, sketch.Random.Chance(0.3) ? fold with { Kind = sketch.Random.Pick([FoldKind.Latest, FoldKind.Running]) } : fold) : null;

    public override void Build(Dsl dsl)
    {
        var (difference, grace) = (TimeSpan.FromMilliseconds(dsl.IsFaulty(this) ? _differenceMs + 1 : _differenceMs), TimeSpan.FromMilliseconds(_graceMs));
        var windows = _graceMs == 0 ? SlidingWindows.OfTimeDifferenceWithNoGrace(difference) : SlidingWindows.OfTimeDifferenceAndGrace(difference, grace);
        var (stream, emit) = (dsl.Stream(Inputs[0]), _isFinal ? EmitStrategy.OnWindowClose : EmitStrategy.OnWindowUpdate);
        // Records without value are in no window.
        SlidingWindowedKStream<string, string?> Grouped() => Grouping.Of(stream, _fold, Name).WindowedBy(windows).Emit(emit).OnLate(static _ => { });
        var table = _fold.Kind switch
        {
            FoldKind.Count => Grouped().Count(Name, Name),
            FoldKind.Sum or FoldKind.Most or FoldKind.Latest => Grouping.Numbers(stream, _fold, Name).WindowedBy(windows).Emit(emit).OnLate(static _ => { }).Reduce(_fold.Reduce, Name, Name),
            _ => Grouped().Aggregate(static () => 0L, (_, value, sum) => _fold.Of(sum, value), Name, Name),
        };
        dsl.Set(Outputs[0], table.ToStream($"{Name}-rows").Map((window, number) => (window.Key, (string?)TextOf(number, window.Window.StartMs)), $"{Name}-texts"));
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        run.WakeAt(item.ReadAtMs + 1);
        run.State<State>(this, partition).Waiting.Add(item);
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<State>(this))
        {
            if (!run.EndsWaitAt(this, partition, tick))
                continue;
            foreach (var item in InEventTimeOrder.TakeDue(state.Waiting, tick).Where(static i => i is { Key: not null, Value: not null }))
                Include(run, state, partition, item);
            if (!_isFinal || run.FinalClock(this, partition) < tick)
                continue;
            var start = tick - ClosesAt(0);
            foreach (var (key, windows) in state.Windows)
            {
                if (windows.TryGetValue(start, out var row))
                    run.Emit(Outputs[0], partition, new(key, TextOf(row.Number, start), row.TimeMs, tick - 1, new(null, HasBytes: false)));
            }
        }
    }

    private void Include(Ideal run, State state, int partition, Item item)
    {
        var time = item.TimeMs;
        if (IsClosed(item, time))
        {
            run.Miss(this, 0, item, time);
            return;
        }

        if (!state.Windows.TryGetValue(item.Key!, out var windows))
            state.Windows[item.Key!] = windows = [];
        // As the windows were before the record, the latest first. Times here are never so early that a window would begin before zero.
        var (before, own) = (windows.OrderByDescending(static w => w.Key).ToList(), time - _differenceMs);
        var holding = before.Where(w => w.Key <= time && w.Key >= own).ToList();
        foreach (var (start, row) in holding)
            Set(run, windows, partition, item, start, row);
        // The record before it is the last one in the last window that ends before this one; or in the one that ends with it.
        var left = before.Where(w => w.Key < own && w.Key >= own - _differenceMs).Select(static w => (Row?)w.Value).FirstOrDefault();
        var previous = left?.TimeMs ?? holding.Where(w => w.Key == own && w.Value.TimeMs < time).Select(static w => (long?)w.Value.TimeMs).FirstOrDefault();
        var hasOwn = windows.ContainsKey(own);
        if (previous is { } last && last + 1 >= own && !IsClosed(item, last + 1) && !before.Exists(w => w.Key == last + 1))
            Set(run, windows, partition, item, last + 1, null);
        if (!hasOwn)
            Set(run, windows, partition, item, own, left?.TimeMs >= own ? left.Value with { TimeMs = time } : null);
        // What lies behind it within the difference is in the latest window that holds both.
        var right = holding.Where(w => w.Key > own).Select(static w => (Row?)w.Value).FirstOrDefault();
        if (right?.TimeMs > time && !before.Exists(w => w.Key == time + 1) && !IsClosed(item, time + 1))
            Put(run, windows, partition, item, time + 1, right.Value);
    }

    private void Set(Ideal run, Dictionary<long, Row> windows, int partition, Item item, long start, Row? row)
    {
        if (IsClosed(item, start))
            run.Miss(this, 0, item, start);
        else
            Put(run, windows, partition, item, start, new(_fold.Of(row?.Number, item.Value), Math.Max(row?.TimeMs ?? item.TimeMs, item.TimeMs)));
    }

    private void Put(Ideal run, Dictionary<long, Row> windows, int partition, Item item, long start, Row row)
    {
        windows[start] = row;
        run.WakeAt(ClosesAt(start));
        if (!_isFinal)
            run.Emit(Outputs[0], partition, item with { Value = TextOf(row.Number, start), TimeMs = row.TimeMs });
    }

    private bool IsClosed(Item item, long start) => start + _differenceMs < item.ReadAtMs - _graceMs;

    private long ClosesAt(long start) => start + _differenceMs + _graceMs + 1;

    private static string TextOf(long number, long startMs) => Item.Text((number * 1_000) + (startMs % 1_000));

    private readonly record struct Row(long Number, long TimeMs);

    private sealed class State
    {
        public List<Item> Waiting { get; } = [];

        public SortedDictionary<string, Dictionary<long, Row>> Windows { get; } = new(StringComparer.Ordinal);
    }
}
