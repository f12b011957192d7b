namespace CrashStreams.Tests.Topologies;

/// <summary>Repartition, sometimes to another number of partitions.</summary>
internal sealed class Repartition : Operator
{
    public Repartition(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        Partitions = sketch.Random.Chance(0.4) ? sketch.Random.Between(1, 4) : null;
        AddOutput(EdgeKind.Stream, input.Traits.Shuffled() with { IsKeyed = input.Traits.IsExact || input.Traits.IsKeyed });
    }

    public override string Text => $"repartition{(Partitions is { } count ? $" to {count}" : "")}";

    public override bool IsBehindShuffle => true;

    public override int? Partitions { get; }

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream, Sketch.MayShuffle) is { } input ? new Repartition(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).Repartition(new() { Name = Name, Partitions = Partitions }));

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item);
}
