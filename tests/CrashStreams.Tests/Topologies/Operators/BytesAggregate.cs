using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>Count and Aggregate by keys that are arrays of bytes: two arrays with the same bytes are one key.</summary>
internal sealed class BytesAggregate : Operator
{
    private readonly Fold _fold;

    private BytesAggregate(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _fold = new(sketch.Random.Pick([FoldKind.Count, FoldKind.SumAndCount]), NewKeys: 0, IsShuffled: true);
        AddOutput(EdgeKind.Stream, _fold.Folded(input.Traits) with { IsRekeyed = true });
    }

    public override string Text => $"{_fold}, whose bytes are the key";

    public override bool IsBehindShuffle => true;

    public override bool HasStore => true;

    public override bool HasOwnFault => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Random.Chance(0.5) && sketch.Pick(EdgeKind.Stream, static t => t.IsExact && Sketch.MayShuffle(t)) is { } input ? new BytesAggregate(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var faulty = dsl.IsFaulty(this);
        var grouped = dsl.Stream(Inputs[0]).Map(static (key, value) => (key is null ? null! : TestInput.Bytes(key), value), $"{Name}-bytes").GroupByKey(new() { Name = $"{Name}-by" });
        var counts = _fold.Kind == FoldKind.Count ? grouped.Count(Name, Name) : grouped.Aggregate(static () => 0L, (_, value, sum) => _fold.Of(sum, value), Name, Name);
        dsl.Set(Outputs[0], counts.ToStream($"{Name}-rows").Map((key, count) => (Serdes.String.Deserialize(key), (string?)Item.Text(faulty ? 1 : count)), $"{Name}-text"));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || item.Value is null)
            return;
        var rows = run.State<Dictionary<string, (long Number, long TimeMs)>>(this, partition);
        var before = rows.GetValueOrDefault(item.Key, (0, long.MinValue));
        var row = rows[item.Key] = (_fold.Of(before.Number, item.Value), Math.Max(before.TimeMs, item.TimeMs));
        run.Emit(Outputs[0], partition, item.With(row.Number) with { TimeMs = row.TimeMs });
    }

    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: false,
        run.States<Dictionary<string, (long Number, long TimeMs)>>(this).SelectMany(s => s.State.Select(row => ((s.Partition, row.Key, -1L), Item.Text(row.Value.Number)))).ToDictionary(), Outputs[0].Traits);
}
