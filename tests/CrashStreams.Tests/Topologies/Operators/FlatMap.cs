namespace CrashStreams.Tests.Topologies;

/// <summary>FlatMap: a record for each of two keys.</summary>
internal sealed class FlatMap : Operator
{
    private FlatMap(Sketch sketch, Edge input)
        : base(sketch, input) => AddOutput(EdgeKind.Stream, input.Traits.Rekeyed());

    public override string Text => "flat map to two keys";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream, static t => t.IsExact) is { } input ? new FlatMap(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).FlatMap(Map, Name));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        foreach (var (key, value) in Map(item.Key, item.Value))
            run.Emit(Outputs[0], partition, item with { Key = key, Value = value });
    }

    private static IEnumerable<(string Key, string? Value)> Map(string? key, string? value) => [($"{key}a", value), ($"{key}b", value)];
}
