namespace CrashStreams.Tests.Topologies;

/// <summary>Peek, and a ForEach beside it: they look and change nothing. Sometimes they take their time.</summary>
internal sealed class Peek : Operator
{
    private readonly bool _hasForEach;
    private readonly int _spendMs;

    private Peek(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _hasForEach = sketch.Random.Chance(0.5);
        _spendMs = sketch.Random.Chance(0.3) && sketch.Options.HasSlowOperators ? sketch.Random.Pick([1, 20, 300]) : 0;
        AddOutput(EdgeKind.Stream, input.Traits);
    }

    public override string Text => $"peek{(_hasForEach ? " and for each" : "")}{(_spendMs > 0 ? $", {_spendMs} ms a record" : "")}";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream) is { } input ? new Peek(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        var spend = dsl.Spend;
        if (_hasForEach)
            stream.ForEach(static (_, _) => { }, $"{Name}-each");
        dsl.Set(Outputs[0], stream.Peek((_, _) => spend(_spendMs), Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item);
}
