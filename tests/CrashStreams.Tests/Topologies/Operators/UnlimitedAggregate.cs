namespace CrashStreams.Tests.Topologies;

/// <summary>Counts per key from a time on, in one window that never closes.</summary>
internal sealed class UnlimitedAggregate : Operator
{
    private readonly Fold _fold;
    private readonly long _startMs;

    private UnlimitedAggregate(Sketch sketch, Edge input, Fold fold)
        : base(sketch, input)
    {
        _fold = fold with { Kind = FoldKind.Count };
        _startMs = sketch.Random.Pick([0, Simulation.SourceRecords.Start.ToUnixTimeMilliseconds()]);
        AddOutput(EdgeKind.Stream, _fold.Folded(input.Traits) with { IsRekeyed = true });
    }

    public override string Text => $"{_fold}, in a window from {_startMs} on";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Random.Chance(0.4) && Fold.Draw(sketch, isWindowed: true) is var (input, fold) && (fold.IsShuffled || input.Traits.IsKeyed) ? new UnlimitedAggregate(sketch, input, fold) : null;

    public override void Build(Dsl dsl)
    {
        var windows = _startMs == 0 ? UnlimitedWindows.Of() : UnlimitedWindows.StartOn(DateTimeOffset.FromUnixTimeMilliseconds(_startMs));
        var faulty = dsl.IsFaulty(this);
        dsl.Set(Outputs[0], Grouping.Of(dsl.Stream(Inputs[0]), _fold, Name).WindowedBy(windows).Count(Name, Name).ToStream($"{Name}-rows")
            .Map((key, count) => (key.Key, (string?)Item.Text(faulty ? count + 1 : count)), $"{Name}-text"));
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || item.TimeMs < _startMs)
            return;
        var rows = run.State<Dictionary<string, (long Number, long TimeMs)>>(this, partition);
        var before = rows.GetValueOrDefault(item.Key, (0, long.MinValue));
        rows[item.Key] = (before.Number + 1, Math.Max(before.TimeMs, item.TimeMs));
        run.Emit(Outputs[0], partition, item.With(rows[item.Key].Number) with { TimeMs = rows[item.Key].TimeMs });
    }
}
