namespace CrashStreams.Tests.Topologies;

/// <summary>Inner and left join with a global table whose topic was complete before anything ran.</summary>
internal sealed class GlobalJoin : Operator
{
    private readonly bool _isLeft;

    private GlobalJoin(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _isLeft = sketch.Random.Chance(0.5);
        StaticTopics = new Dictionary<string, int> { [$"global-{Id}"] = sketch.Random.Between(1, 3) };
        AddOutput(EdgeKind.Stream, input.Traits.Changed(isMonotone: false));
    }

    public override IReadOnlyDictionary<string, int> StaticTopics { get; }

    public override string Text => $"{(_isLeft ? "left" : "inner")} join with global table global-{Id}";

    public static Operator? Draw(Sketch sketch) => sketch.Random.Chance(0.5) && sketch.Pick(EdgeKind.Stream, static t => t.IsExact) is { } input ? new GlobalJoin(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var (stream, table) = (dsl.Stream(Inputs[0]), dsl.Builder.GlobalTable<string, string?>($"global-{Id}", new() { Name = $"{Name}-rows" }, new() { Name = Name }));
        dsl.Set(Outputs[0], _isLeft
            ? stream.LeftJoin(table, static (key, _) => key, static (value, row) => Sum(value, row.Value), $"{Name}-join")
            : stream.Join(table, static (key, _) => key, Sum, $"{Name}-join"));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var rows = run.State<Rows>(this, 0).Of(run, $"global-{Id}");
        var row = item.Key is null ? null : rows.GetValueOrDefault(item.Key);
        if (item.Value is not null && (row is not null || _isLeft))
            run.Emit(Outputs[0], partition, item with { Value = Sum(item.Value, row) });
    }

    private static string? Sum(string? value, string? row) => row is null ? value : Item.Text(Item.Parse(value) + (7 * Item.Parse(row)));

    private sealed class Rows
    {
        private Dictionary<string, string>? _rows;

        public Dictionary<string, string> Of(Ideal run, string topic) => _rows ??= run.RowsOf(topic);
    }
}
