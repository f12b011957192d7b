namespace CrashStreams.Tests.Topologies;

/// <summary>MapValues, with a look at the key or without.</summary>
internal sealed class MapValues : Operator
{
    private readonly Mapping _mapping;
    private readonly bool _looksAtKey;

    private MapValues(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _mapping = Mapping.Draw(sketch.Random);
        _looksAtKey = sketch.Random.Chance(0.5);
        AddOutput(EdgeKind.Stream, input.Traits.Changed(_mapping.IsMonotone));
    }

    public override string Text => $"map values {_mapping}";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream) is { } input ? new MapValues(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        dsl.Set(Outputs[0], _looksAtKey ? stream.MapValues((_, value) => _mapping.Of(value), Name) : stream.MapValues(value => _mapping.Of(value), Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item with { Value = _mapping.Of(item.Value) });
}
