namespace CrashStreams.Tests.Topologies;

/// <summary>
/// Inner and left join of a stream with the table that is made of it: each record meets itself, whatever the order. With another table a record meets whatever that holds at the moment, which
/// is no function of the inputs; then the left join gives a result for each record, and its row is not looked at.
/// </summary>
internal sealed class StreamTableJoin : Operator
{
    private readonly bool _isLeft;
    private readonly bool _meetsItself;

    private StreamTableJoin(Sketch sketch, Edge stream, Edge? table)
        : base(sketch, table is null ? [stream] : [stream, table])
    {
        _meetsItself = table is null;
        _isLeft = !_meetsItself || sketch.Random.Chance(0.5);
        AddOutput(EdgeKind.Stream, stream.Traits with { IsOrdered = stream.Traits.IsOrdered && _meetsItself });
    }

    public override string Text => $"{(_isLeft ? "left" : "inner")} join with {(_meetsItself ? "itself as a table" : "a table")}";

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch)
    {
        if (sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsRekeyed: false, IsCoPartitioned: true }) is not { } stream)
            return null;
        var layout = new Layout(sketch.Operators);
        var table = sketch.Random.Chance(0.5) ? null
            : sketch.Pick(EdgeKind.Table, static t => t.IsCoPartitioned, e => Merge.AreEven(layout, stream.From, e.From) && Merge.AreApart(layout, stream.From, e.From));
        return new StreamTableJoin(sketch, stream, table);
    }

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        var joined = new Joined<string, string?> { Name = Name };
        if (!_meetsItself)
            dsl.Set(Outputs[0], stream.LeftJoin(dsl.Table(Inputs[1]), static (value, _) => value, joined));
        else if (_isLeft)
            dsl.Set(Outputs[0], stream.LeftJoin(stream.ToTable(new() { Name = Name }, $"{Name}-table"), static (value, row) => Twice(value, row.Value), joined));
        else
            dsl.Set(Outputs[0], stream.Join(stream.ToTable(new() { Name = Name }, $"{Name}-table"), static (value, row) => Twice(value, row), joined));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        // Without value there is nothing to join; without key neither, except on the left alone.
        if (input == 1 || item.Value is null || (item.Key is null && !_isLeft))
            return;
        run.Emit(Outputs[0], partition, _meetsItself && item.Key is not null ? item.With(2 * item.Number) : item);
    }

    private static string? Twice(string? value, string? row) => row is null ? value : Item.Text(Item.Parse(value) + Item.Parse(row));
}
