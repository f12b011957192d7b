namespace CrashStreams.Tests.Topologies;

/// <summary>MapValues of a table, kept in a store or not.</summary>
internal sealed class TableMapValues : Operator
{
    private readonly Mapping _mapping;
    private readonly bool _isMaterialized;

    private TableMapValues(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _mapping = Mapping.Draw(sketch.Random);
        _isMaterialized = sketch.Random.Chance(0.4);
        AddOutput(EdgeKind.Table, input.Traits.Rows());
    }

    public override string Text => $"map table values {_mapping}{(_isMaterialized ? ", materialized" : "")}";

    public override bool HasStore => _isMaterialized;

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Table, static t => t.IsKeyed) is { } input ? new TableMapValues(sketch, input) : null;

    public override void Build(Dsl dsl) =>
        dsl.Set(Outputs[0], dsl.Table(Inputs[0]).MapValues((_, value) => _mapping.Of(value), Name, _isMaterialized ? new() { Name = Name } : null));

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item with { Value = _mapping.Of(item.Value) });
}
