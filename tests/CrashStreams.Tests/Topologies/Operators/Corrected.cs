using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// CorrectedWithin: late records that come within a second grace correct what a window has given; the corrected results go to a topic. The window's first result is what it
/// would be without, its last one that of all records within the second grace.
/// </summary>
internal sealed class Corrected : Operator, ISink
{
    private readonly Fold _fold;
    private readonly Windows _windows;
    private readonly int _withinMs;
    private readonly bool _suppresses;

    private Corrected(Sketch sketch, Edge input, Fold fold)
        : base(sketch, input)
    {
        _fold = fold;
        _windows = WindowAggregate.DrawWindows(sketch, isFinal: true);
        _withinMs = _windows.GraceMs + sketch.Random.Pick([2_000, 60_000]);
        _suppresses = sketch.Random.Chance(0.5);
        Traits = fold.Final(input.Traits);
        ResultTopics = new Dictionary<string, int> { [$"out-{Id}"] = sketch.Random.Between(1, 3) };
    }

    public IReadOnlyDictionary<string, int> ResultTopics { get; }

    public Traits Traits { get; }

    public override string Text => $"{_fold} per window of {_windows}, corrected within {_withinMs} ms, to out-{Id}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    // How two aggregates become one is known of counts and reductions only. The last row of a key is known where all its rows come from one task.
    public static Operator? Draw(Sketch sketch) =>
        Fold.Draw(sketch, isWindowed: true) is var (input, fold) && fold.Kind is FoldKind.Count or FoldKind.Sum or FoldKind.Most && fold.Behind(input.Traits).IsKeyed ? new Corrected(sketch, input, fold) : null;

    public override void Build(Dsl dsl)
    {
        var hasFault = dsl.IsFaulty(this);
        var stream = dsl.Stream(Inputs[0]);
        var within = TimeSpan.FromMilliseconds(_withinMs);
        var emit = _suppresses ? EmitStrategy.OnWindowUpdate : EmitStrategy.OnWindowClose;
        var table = _fold.Kind == FoldKind.Count
            ? _windows.Of(Grouping.Of(stream, _fold, Name), hasFault).CorrectedWithin(within).Emit(emit).Count(Name, Name)
            : _windows.Of(Grouping.Numbers(stream, _fold, Name), hasFault).CorrectedWithin(within).Emit(emit)
                .Reduce(_fold.Reduce, Name, Name);
        if (_suppresses)
            table = table.Suppress(Suppressed.UntilWindowCloses(), $"{Name}-final");
        table.ToStream($"{Name}-rows").To($"out-{Id}", new() { Name = $"{Name}-sink" });
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (!_fold.Takes(item))
            return;
        var state = run.State<Parts>(this, partition);
        foreach (var start in _windows.StartsOf(item.TimeMs))
        {
            var end = _windows.EndOf(start);
            if (run.IsPast(this, end + _withinMs))
            {
                run.Miss(this, input, item, start);
            }
            else if (run.IsPast(this, end + _windows.GraceMs))
            {
                var late = state.Late.Add(start, item, _fold);
                Write(run, item.Key!, start, state.InTime.Find(start, item.Key!) is { } first ? (_fold.Merge(first.Number, late.Number), Math.Max(first.TimeMs, late.TimeMs)) : late, isCorrection: true);
            }
            else
            {
                state.InTime.Add(start, item, _fold);
                run.WakeAt(end + _windows.GraceMs);
            }
        }
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<Parts>(this))
        {
            if (run.FinalClock(this, partition) < tick)
                continue;
            foreach (var (start, key, row) in state.InTime.ClosingAt(_windows, tick))
                Write(run, key, start, row, isCorrection: false);
        }
    }

    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: true,
        run.States<Parts>(this).SelectMany(s => s.State.InTime.Open(_windows, run.FinalClock(this, s.Partition))
            .Select(r => ((s.Partition, r.Key, r.StartMs), Item.Text(r.Row.Number)))).ToDictionary(), _fold.Folded(Inputs[0].Traits));

    public Row Read(SimulatedEntry entry) => WindowedSink.Read(entry, _windows);

    private void Write(Ideal run, string key, long start, (long Number, long TimeMs) row, bool isCorrection) =>
        run.Write($"out-{Id}", WindowRows.Result($"{key}@{start}", start, _windows, row, run.Now) with { IsCorrection = isCorrection });

    private sealed class Parts
    {
        public WindowRows InTime { get; } = new();

        public WindowRows Late { get; } = new();
    }
}
