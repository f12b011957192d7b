namespace CrashStreams.Tests.Topologies;

/// <summary>Two streams folded into one aggregate, each by its own aggregator; with windows or without.</summary>
internal sealed class Cogroup : Operator
{
    private readonly Windows? _windows;

    private Cogroup(Sketch sketch, Edge left, Edge right, Windows? windows)
        : base(sketch, left, right)
    {
        _windows = windows;
        IsBehindShuffle = left.Traits.IsRekeyed;
        var both = left.Traits with
        {
            IsOrdered = false, IsTimed = left.Traits.IsTimed && right.Traits.IsTimed, Repeats = (Repeats)Math.Min((int)left.Traits.Repeats, (int)right.Traits.Repeats),
            Shuffles = Math.Max(left.Traits.Shuffles, right.Traits.Shuffles),
        };
        AddOutput(windows is null ? EdgeKind.Table : EdgeKind.WindowedTable, (IsBehindShuffle ? both.Shuffled() : both).Folded(), windows);
    }

    public override string Text => $"cogroup{(_windows is null ? "" : $" per window of {_windows}")}{(IsBehindShuffle ? ", shuffled" : "")}";

    public override bool IsBehindShuffle { get; }

    public override bool HasStore => true;

    public override IReadOnlyList<string> LateNodes => [$"{Name}-cogroup-agg-0", $"{Name}-cogroup-agg-1"];

    public static Operator? Draw(Sketch sketch)
    {
        var isWindowed = sketch.Random.Chance(0.5);
        return DrawInputs(sketch, isWindowed) is var (left, right) ? new Cogroup(sketch, left, right, isWindowed ? DrawWindows(sketch) : null) : null;
    }

    private static Windows DrawWindows(Sketch sketch) => sketch.Random.Chance(0.3) ? Calendar.Draw(sketch.Random, isFinal: false) : WindowAggregate.DrawWindows(sketch, isFinal: false);

    /// <summary>Two streams that can be folded together; null when there are none.</summary>
    /// <param name="sketch">Where they are drawn.</param>
    /// <param name="isTimed">Whether event times have to be known.</param>
    public static (Edge Left, Edge Right)? DrawInputs(Sketch sketch, bool isTimed)
    {
        bool Fits(Traits t) => t.IsExact && (t.IsTimed || !isTimed) && Sketch.MayShuffle(t) && (t.IsRekeyed || (t.IsKeyed && t.IsCoPartitioned));
        if (sketch.Pick(EdgeKind.Stream, Fits) is not { } left)
            return null;
        var layout = new Layout(sketch.Operators);
        var right = sketch.Pick(EdgeKind.Stream, t => Fits(t) && t.IsRekeyed == left.Traits.IsRekeyed, e => e != left && (left.Traits.IsRekeyed
            ? layout.MostPartitions(left.From) == layout.MostPartitions(e.From)
            : Merge.AreEven(layout, left.From, e.From) && Merge.AreApart(layout, left.From, e.From)));
        return right is null ? null : (left, right);
    }

    public override void Build(Dsl dsl)
    {
        var left = dsl.Stream(Inputs[0]).GroupByKey(new() { Name = $"{Name}-by-0" });
        var right = dsl.Stream(Inputs[1]).GroupByKey(new() { Name = $"{Name}-by-1" });
        var (first, second) = dsl.IsFaulty(this) ? (1, 0) : (0, 1);
        var cogrouped = left.Cogroup<long>((_, value, sum) => sum + Weight(first, value)).Cogroup(right, (_, value, sum) => sum + Weight(second, value));
        if (_windows is null)
            dsl.Set(Outputs[0], cogrouped.Aggregate(static () => 0L, Name, Name));
        else
            dsl.Set(Outputs[0], _windows.Of(cogrouped).Aggregate(static () => 0L, Name, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || (_windows is null && item.Value is null))
            return;
        foreach (var start in _windows is null ? [-1L] : _windows.StartsOf(item.TimeMs))
        {
            var end = _windows?.EndOf(start) ?? start;
            if (_windows is not null && run.IsPast(this, end + _windows.GraceMs))
            {
                run.Miss(this, input, item, start);
                continue;
            }

            var rows = run.State<Dictionary<(string, long), (long Number, long TimeMs)>>(this, partition);
            var before = rows.GetValueOrDefault((item.Key, start), (0, long.MinValue));
            var row = rows[(item.Key, start)] = (before.Number + Weight(input, item.Value), Math.Max(before.TimeMs, item.TimeMs));
            run.Emit(Outputs[0], partition, item.With(row.Number) with { TimeMs = row.TimeMs, Window = _windows is null ? null : new(start, end) });
            if (_windows is not null)
                run.WakeAt(end + _windows.GraceMs);
        }
    }

    private static long Weight(int input, string? value) => ((input + 1) * Item.Parse(value)) + 1;
}
