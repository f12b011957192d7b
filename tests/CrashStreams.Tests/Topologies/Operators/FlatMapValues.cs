namespace CrashStreams.Tests.Topologies;

/// <summary>FlatMapValues: none, one or two values of each.</summary>
internal sealed class FlatMapValues : Operator
{
    private readonly Mapping _mapping;

    private FlatMapValues(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _mapping = Mapping.Draw(sketch.Random);
        AddOutput(EdgeKind.Stream, input.Traits.Changed(isMonotone: false));
    }

    public override string Text => $"flat map values: none of multiples of 3, else the value and {_mapping}";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream, static t => t.IsExact) is { } input ? new FlatMapValues(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).FlatMapValues(Map, Name));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        foreach (var value in Map(item.Value))
            run.Emit(Outputs[0], partition, item with { Value = value });
    }

    private IEnumerable<string?> Map(string? value) => Item.Parse(value) % 3 == 0 ? [] : [value, _mapping.Of(value)];
}
