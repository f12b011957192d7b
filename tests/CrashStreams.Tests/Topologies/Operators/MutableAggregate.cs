using System.Buffers;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// An aggregator that changes its aggregate in place, and throws for some values when it has. The rule: an aggregate is changed when the aggregator returns, and not before. With
/// windows or without.
/// </summary>
internal sealed class MutableAggregate : Operator
{
    private readonly Fold _fold;
    private readonly Windows? _windows;

    private MutableAggregate(Sketch sketch, Edge input, Fold fold, Windows? windows)
        : base(sketch, input)
    {
        (_fold, _windows) = (fold with { Kind = FoldKind.SumAndCount }, windows);
        AddOutput(windows is null ? EdgeKind.Table : EdgeKind.WindowedTable, _fold.Folded(input.Traits), windows);
    }

    public override string Text => $"{_fold} in place, throws for some values{(_windows is null ? "" : $", per window of {_windows}")}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch)
    {
        var isWindowed = sketch.Random.Chance(0.5);
        return Fold.Draw(sketch, isWindowed) is var (input, fold) && input.Traits is { IsExact: true, Repeats: Repeats.Same }
            ? new MutableAggregate(sketch, input, fold, isWindowed ? WindowAggregate.DrawWindows(sketch, isFinal: false) : null)
            : null;
    }

    public override void Build(Dsl dsl)
    {
        var faulty = dsl.IsFaulty(this);
        var grouped = Grouping.Of(dsl.Stream(Inputs[0]), _fold, Name);
        var materialized = new Materialized<string, Box> { Name = Name, ValueSerde = new BoxSerde() };
        Box Add(string key, string? value, Box sum)
        {
            sum.Number = _fold.Of(sum.Number, value);
            return PlannedFault.Hits(value) && !faulty ? throw new PlannedFault() : sum;
        }

        if (_windows is null)
            dsl.Set(Outputs[0], grouped.Aggregate(static () => new Box(), Add, materialized, Name).MapValues(static sum => sum.Number, $"{Name}-number"));
        else
            dsl.Set(Outputs[0], grouped.WindowedBy(_windows.ToDsl(hasFault: false)).Aggregate(static () => new Box(), Add, materialized, Name).MapValues(static sum => sum.Number, $"{Name}-number"));
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || (_windows is null && item.Value is null))
            return;
        foreach (var start in _windows is null ? [-1L] : _windows.StartsOf(item.TimeMs))
        {
            var end = start + (_windows?.SizeMs ?? 0);
            if (_windows is not null && run.IsPast(this, end + _windows.GraceMs))
            {
                run.Miss(this, input, item, start);
                continue;
            }

            if (PlannedFault.Hits(item.Value))
                run.Fail(this);
            var rows = run.State<Dictionary<(string, long), (long Number, long TimeMs)>>(this, partition);
            var before = rows.GetValueOrDefault((item.Key, start), (0, long.MinValue));
            var row = rows[(item.Key, start)] = (_fold.Of(before.Number, item.Value), Math.Max(before.TimeMs, item.TimeMs));
            if (_windows is not null)
                run.WakeAt(end + _windows.GraceMs);
            run.Emit(Outputs[0], partition, item.With(row.Number) with { TimeMs = row.TimeMs, Window = _windows is null ? null : new(start, end) });
        }
    }

    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: _windows is not null,
        run.States<Dictionary<(string Key, long StartMs), (long Number, long TimeMs)>>(this).SelectMany(s => s.State
            .Where(row => _windows is null || row.Key.StartMs > run.FinalClock(this, s.Partition) - _windows.SizeMs - _windows.GraceMs)
            .Select(row => ((s.Partition, row.Key.Key, row.Key.StartMs), Item.Text(row.Value.Number)))).ToDictionary(), Outputs[0].Traits);

    /// <summary>A number that can change.</summary>
    internal sealed class Box
    {
        public long Number { get; set; }
    }

    private sealed class BoxSerde : Serde<Box>
    {
        public override Box Deserialize(ReadOnlySpan<byte> data) => new() { Number = Serdes.Int64.Deserialize(data) };

        public override void Serialize(Box value, IBufferWriter<byte> output) => Serdes.Int64.Serialize(value.Number, output);
    }
}
