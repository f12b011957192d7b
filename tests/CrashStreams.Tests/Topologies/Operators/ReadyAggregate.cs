using Ready = CrashStreams.Aggregations.Aggregate;

namespace CrashStreams.Tests.Topologies;

/// <summary>A ready aggregation, plain or per window. Its rule keeps all values.</summary>
internal sealed class ReadyAggregate : Operator
{
    private const int Most = 3;

    private readonly Kind _kind;
    private readonly bool _isShuffled;

    private ReadyAggregate(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        (_kind, _isShuffled) = (sketch.Random.Pick([Kind.Sum, Kind.Distinct, Kind.Highest, Kind.Top, Kind.Count]), input.Traits.IsRekeyed);
        AddOutput(EdgeKind.Table, (_isShuffled ? input.Traits.Shuffled() : input.Traits).Folded());
    }

    private enum Kind
    {
        Sum,
        Distinct,
        Highest,
        Top,
        Count,
    }

    public override string Text => $"{_kind}, ready{(_isShuffled ? ", shuffled" : "")}";

    public override bool IsBehindShuffle => _isShuffled;

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t.IsExact && (t.CanFoldInPlace || t.IsRekeyed) && Sketch.MayShuffle(t)) is { } input ? new ReadyAggregate(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var grouped = dsl.Stream(Inputs[0]).Filter(static (_, value) => value is not null).MapValues(static value => (decimal)Item.Parse(value)).GroupByKey(new() { Name = $"{Name}-by", ValueSerde = Serdes.Decimal });
        var kind = !dsl.IsFaulty(this) ? _kind : _kind == Kind.Count ? Kind.Sum : Kind.Count;
        dsl.Set(Outputs[0], kind switch
        {
            Kind.Sum => grouped.Aggregate(Ready.Sum(), Name, Name).MapValues(static sum => (long)sum),
            Kind.Distinct => grouped.Aggregate(Ready.Distinct<decimal>(), Name, Name).MapValues(static values => (long)values.Count),
            Kind.Highest => grouped.Aggregate(Ready.Max<decimal>(), Name, Name).MapValues(static highest => (long)highest.Value),
            Kind.Top => grouped.Aggregate(Ready.Top<long>(Most).Of(static (decimal value) => (long)value), Name, Name).MapValues(static top => top.Values.Sum()),
            _ => grouped.Aggregate(Ready.Average(), Name, Name).MapValues(static mean => mean.Count),
        });
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || item.Value is null)
            return;
        var state = run.State<Dictionary<string, (List<long> Values, long TimeMs)>>(this, partition);
        var (values, timeMs) = state.TryGetValue(item.Key, out var row) ? row : ([], long.MinValue);
        values.Add(item.Number);
        state[item.Key] = (values, Math.Max(timeMs, item.TimeMs));
        run.Emit(Outputs[0], partition, item.With(Of(values)) with { TimeMs = state[item.Key].TimeMs });
    }

    private long Of(List<long> values) => _kind switch
    {
        Kind.Sum => values.Sum(),
        Kind.Distinct => values.Distinct().Count(),
        Kind.Highest => values.Max(),
        Kind.Top => values.OrderDescending().Take(Most).Sum(),
        _ => values.Count,
    };
}
