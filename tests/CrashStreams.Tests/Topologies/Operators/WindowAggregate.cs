namespace CrashStreams.Tests.Topologies;

/// <summary>Count, Reduce and Aggregate per window: tumbling or hopping, every update or the final result.</summary>
internal class WindowAggregate : Operator
{
    private readonly Fold _fold;
    private readonly Windows _windows;
    private readonly bool _isCombined;

    public WindowAggregate(Sketch sketch, Edge input, Fold fold, Windows windows)
        : base(sketch, input)
    {
        (_fold, _windows) = (fold, windows);
        // How many updates there are depends on what came between two commits; what is final does not.
        _isCombined = windows.IsFinal && windows is not Calendar && fold.IsCombinable && Id % 2 == 0;
        AddOutput(EdgeKind.WindowedTable, windows.IsFinal ? fold.Final(input.Traits) : fold.Folded(input.Traits), windows);
    }

    public override string Text => $"{_fold} per window of {_windows}{(_isCombined ? ", combined in front" : "")}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public override bool HoldsResults => _windows.IsFinal || _isCombined;

    public static Operator? Draw(Sketch sketch)
    {
        if (Fold.Draw(sketch, isWindowed: true) is not var (input, fold))
            return null;
        return new WindowAggregate(sketch, input, fold, DrawWindows(sketch, sketch.Random.Chance(0.5)));
    }

    public static Windows DrawWindows(Sketch sketch, bool isFinal)
    {
        var random = sketch.Random;
        var size = random.Pick([1_000, 10_000, 15_000]);
        return new(size, random.Pick([size, size, size / 2, size / 3]), random.Pick([0, 5_000, 30_000]), isFinal);
    }

    /// <summary>Results of windows that have closed.</summary>
    public static Traits Final(Traits traits) => traits with
    {
        IsOrdered = false, IsRising = false, Repeats = traits.Repeats == Repeats.Anything ? Repeats.Anything : Repeats.AtLeast,
    };

    public override void Build(Dsl dsl)
    {
        var (hasFault, stream) = (dsl.IsFaulty(this), dsl.Stream(Inputs[0]));
        var emit = _windows.IsFinal ? EmitStrategy.OnWindowClose : EmitStrategy.OnWindowUpdate;
        TimeWindowedKStream<string, string?> Grouped() => _windows.Of(Grouping.Of(stream, _fold, Name), hasFault).Emit(emit).OnLate(static _ => { });
        dsl.Set(Outputs[0], _fold.Kind switch
        {
            FoldKind.Count => Grouped().Count(Name, Name),
            FoldKind.Sum or FoldKind.Most or FoldKind.Latest => _windows.Of(Grouping.Numbers(stream, _fold, Name, numbers => _isCombined ? numbers.Combine(_windows.ToDsl(hasFault), _fold.Reduce, Combining()) : numbers), hasFault)
                .Emit(emit).OnLate(static _ => { }).Reduce(_fold.Reduce, Name, Name),
            FoldKind.SumAndCount when _isCombined => _windows.Of(
                Grouping.Rekeyed(stream, _fold).Combine(_windows.ToDsl(hasFault), static () => 0L, (_, value, sum) => _fold.Of(sum, value), Combining()).GroupByKey(new() { Name = $"{Name}-by" }), hasFault)
                .Emit(emit).OnLate(static _ => { }).Reduce(_fold.Merge, Name, Name),
            _ => Grouped().Aggregate(static () => 0L, (_, value, sum) => _fold.Of(sum, value), Name, Name),
        });
    }

    private Combined<string> Combining() => new() { Name = $"{Name}-combined", MaxKeys = Id % 4 == 0 ? 3 : 1_000 };

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (!_fold.Takes(item))
            return;
        var state = run.State<WindowRows>(this, partition);
        foreach (var start in _windows.StartsOf(item.TimeMs))
        {
            var closesAt = _windows.ClosesAt(start);
            if (run.IsPast(this, closesAt))
            {
                run.Miss(this, input, item, start);
                continue;
            }

            run.WakeAt(closesAt);
            var row = state.Add(start, item, _fold);
            if (!_windows.IsFinal)
                run.Emit(Outputs[0], partition, item.With(row.Number) with { TimeMs = row.TimeMs, Window = new(start, _windows.EndOf(start)) });
        }
    }

    public override void Tick(Ideal run, long tick)
    {
        foreach (var (partition, state) in run.States<WindowRows>(this))
        {
            if (!_windows.IsFinal || run.FinalClock(this, partition) < tick)
                continue;
            foreach (var (start, key, row) in state.ClosingAt(_windows, tick))
                run.Emit(Outputs[0], partition, WindowRows.Result(key, start, _windows, row, tick));
        }
    }

    /// <summary>Windows that are still open: what is closed, its store may forget.</summary>
    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: true,
        run.States<WindowRows>(this).SelectMany(s => s.State.Open(_windows, run.FinalClock(this, s.Partition))
            .Select(r => ((s.Partition, r.Key, r.StartMs), Item.Text(r.Row.Number)))).ToDictionary(), _fold.Folded(Inputs[0].Traits));
}
