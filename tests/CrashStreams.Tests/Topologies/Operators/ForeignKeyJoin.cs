namespace CrashStreams.Tests.Topologies;

/// <summary>Inner and left join of two tables by a foreign key that is made of the left value: in the end a row for each left key that has a partner, of what both sides have in the end.</summary>
internal sealed class ForeignKeyJoin : Operator
{
    private const int WithoutRight = 500;

    private readonly bool _keepsLeft;
    private readonly bool _isMaterialized;
    private readonly bool _usesKey;
    private readonly int _keys;

    private ForeignKeyJoin(Sketch sketch, Edge left, Edge right)
        : base(sketch, left, right)
    {
        (_keepsLeft, _isMaterialized, _usesKey) = (sketch.Random.Chance(0.5), sketch.Random.Chance(0.5), sketch.Random.Chance(0.3));
        _keys = sketch.Random.Between(1, 5);
        AddOutput(EdgeKind.Table, left.Traits.Rows() with { MayBeEmpty = left.Traits.MayBeEmpty || right.Traits.MayBeEmpty, Shuffles = Math.Max(left.Traits.Shuffles, right.Traits.Shuffles) + 2 });
    }

    public override string Text => $"{(_keepsLeft ? "left" : "inner")} foreign-key join of tables by value % {_keys}{(_isMaterialized ? ", materialized" : "")}";

    public override bool HasStore => true;

    public override bool IsRemote(int input) => input == 1;

    public static Operator? Draw(Sketch sketch)
    {
        if (sketch.Operators.Any(static o => o is ForeignKeyJoin) || Pick(sketch, null) is not { } left)
            return null;
        var layout = new Layout(sketch.Operators);
        return Pick(sketch, e => Merge.AreApart(layout, left.From, e.From)) is { } right ? new ForeignKeyJoin(sketch, left, right) : null;
    }

    public override void Build(Dsl dsl)
    {
        var (left, right) = (dsl.Table(Inputs[0]), dsl.Table(Inputs[1]));
        var materialized = _isMaterialized ? new Materialized<string, long> { Name = Name } : null;
        dsl.Set(Outputs[0], (_keepsLeft, _usesKey) switch
        {
            (true, true) => left.LeftJoin(right, (_, value) => Named(value), static (l, r) => Join(l, r.HasValue ? r.Value : null), materialized, Name),
            (true, false) => left.LeftJoin(right, Named, static (l, r) => Join(l, r.HasValue ? r.Value : null), materialized, Name),
            (false, true) => left.Join(right, (_, value) => Named(value), static (l, r) => Join(l, r), materialized, Name),
            (false, false) => left.Join(right, Named, static (l, r) => Join(l, r), materialized, Name),
        });
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var sides = run.State<Sides>(this, 0);
        if (input == 0)
        {
            if (item.Value is null)
                sides.Left.Remove(item.Key!);
            else
                sides.Left[item.Key!] = (partition, item.Number);
            Emit(run, sides, partition, item);
            return;
        }

        if (item.Value is null)
            sides.Right.Remove(item.Key!);
        else
            sides.Right[item.Key!] = item.Number;
        foreach (var (key, row) in sides.Left.Where(row => Named(row.Value.Number) == item.Key))
            Emit(run, sides, row.Partition, item with { Key = key });
    }

    private static Edge? Pick(Sketch sketch, Func<Edge, bool>? and) => sketch.Pick(EdgeKind.Table, static t => t is { IsKeyed: true, IsCoPartitioned: true } && Sketch.MayShuffle(t), and);

    private void Emit(Ideal run, Sides sides, int partition, Item item)
    {
        var isThere = sides.Left.TryGetValue(item.Key!, out var left);
        var right = isThere && Named(left.Number) is { } key && sides.Right.TryGetValue(key, out var number) ? number : (long?)null;
        run.Emit(Outputs[0], partition, item with { Value = isThere && (_keepsLeft || right is not null) ? Item.Text(Join(left.Number, right)) : null });
    }

    // One value in eight names nobody.
    private string? Named(long value) => value % 8 == 7 ? null : $"k{value % _keys}";

    private static long Join(long left, long? right) => (3 * left) + (right ?? WithoutRight);

    private sealed class Sides
    {
        public Dictionary<string, (int Partition, long Number)> Left { get; } = [];

        public Dictionary<string, long> Right { get; } = [];
    }
}
