namespace CrashStreams.Tests.Topologies;

/// <summary>A stream as a table. Which record of a key is the last has to be known.</summary>
internal sealed class ToTable : Operator
{
    private readonly bool _isMaterialized;

    private ToTable(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _isMaterialized = sketch.Random.Chance(0.5);
        AddOutput(EdgeKind.Table, input.Traits.Rows());
    }

    public override string Text => $"to table{(_isMaterialized ? ", materialized" : "")}";

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, IsOrdered: true, IsKeyed: true, IsRekeyed: false, IsCoPartitioned: true }) is { } input ? new ToTable(sketch, input) : null;

    public override void Build(Dsl dsl) =>
        dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).ToTable(_isMaterialized ? new() { Name = Name } : null, Name).MapValues(value => dsl.IsFaulty(this) ? 1 : Item.Parse(value), $"{Name}-number"));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is not null)
            run.Emit(Outputs[0], partition, item);
    }
}
