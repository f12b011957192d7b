namespace CrashStreams.Tests.Topologies;

/// <summary>Inner, left and outer join of two tables: in the end a row for each key that the sides have, of what they have in the end.</summary>
internal sealed class TableJoin : Operator
{
    private const int WithoutRight = 500;
    private const int WithoutLeft = 900;

    private readonly bool _keepsLeft;
    private readonly bool _keepsRight;
    private readonly bool _isMaterialized;

    private TableJoin(Sketch sketch, Edge left, Edge right)
        : base(sketch, left, right)
    {
        (_keepsLeft, _keepsRight) = sketch.Random.Pick([(false, false), (true, false), (true, true)]);
        _isMaterialized = sketch.Random.Chance(0.4);
        AddOutput(EdgeKind.Table, left.Traits.Rows() with { MayBeEmpty = left.Traits.MayBeEmpty || right.Traits.MayBeEmpty, Shuffles = Math.Max(left.Traits.Shuffles, right.Traits.Shuffles) });
    }

    public override string Text => $"{(_keepsRight ? "outer" : _keepsLeft ? "left" : "inner")} join of tables{(_isMaterialized ? ", materialized" : "")}";

    public override bool HasStore => true;

    /// <summary>Two tables are seldom there by chance: one that is missing is read from a topic.</summary>
    public static Operator? Draw(Sketch sketch)
    {
        var left = sketch.Pick(EdgeKind.Table, Fits) ?? sketch.Add(new SourceTable(sketch));
        var layout = new Layout(sketch.Operators);
        var right = sketch.Pick(EdgeKind.Table, Fits, e => e != left && Merge.AreEven(layout, left.From, e.From) && Merge.AreApart(layout, left.From, e.From));
        if (right is null && Merge.AreEven(layout, left.From, left.From))
            right = sketch.Add(new SourceTable(sketch, layout.MostPartitions(left.From)));
        return right is null ? null : new TableJoin(sketch, left, right);

        static bool Fits(Traits traits) => traits is { IsKeyed: true, IsCoPartitioned: true };
    }

    public override void Build(Dsl dsl)
    {
        var (left, right) = (dsl.Table(Inputs[0]), dsl.Table(Inputs[1]));
        var materialized = _isMaterialized ? new Materialized<string, long> { Name = Name } : null;
        dsl.Set(Outputs[0], _keepsRight ? left.OuterJoin(right, static (l, r) => Join(l.HasValue ? l.Value : null, r.HasValue ? r.Value : null), materialized, Name)
            : _keepsLeft ? left.LeftJoin(right, static (l, r) => Join(l, r.HasValue ? r.Value : null), materialized, Name)
            : left.Join(right, static (l, r) => Join(l, r), materialized, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var sides = run.State<Sides>(this, partition).Rows;
        if (item.Value is null)
            sides[input].Remove(item.Key!);
        else
            sides[input][item.Key!] = item.Number;
        var left = sides[0].TryGetValue(item.Key!, out var l) ? l : (long?)null;
        var right = sides[1].TryGetValue(item.Key!, out var r) ? r : (long?)null;
        var isThere = (left is not null && right is not null) || (left is not null && _keepsLeft) || (right is not null && _keepsRight);
        run.Emit(Outputs[0], partition, item with { Value = isThere ? Item.Text(Join(left, right)) : null });
    }

    private static long Join(long? left, long? right) => (3 * (left ?? WithoutLeft)) + (right ?? WithoutRight);

    private sealed class Sides
    {
        public Dictionary<string, long>[] Rows { get; } = [[], []];
    }
}
