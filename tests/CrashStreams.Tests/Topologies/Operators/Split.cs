namespace CrashStreams.Tests.Topologies;

/// <summary>Split into branches, with a default branch or without; what no branch takes disappears then.</summary>
internal sealed class Split : Operator
{
    private readonly List<Condition> _conditions;
    private readonly bool _hasDefault;

    private Split(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _conditions = [.. Enumerable.Range(0, sketch.Random.Between(1, 2)).Select(_ => Condition.Draw(sketch.Random, input.Traits))];
        _hasDefault = sketch.Random.Chance(0.5);
        foreach (var _ in _conditions)
            AddOutput(EdgeKind.Stream, input.Traits);
        if (_hasDefault)
            AddOutput(EdgeKind.Stream, input.Traits);
    }

    public override string Text => $"split: {string.Join("; ", _conditions)}{(_hasDefault ? "; others" : "")}";

    // A record that was counted too high goes into another branch.
    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, Repeats: Repeats.Same }) is { } input ? new Split(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var split = dsl.Stream(Inputs[0]).Split(Name);
        for (var i = 0; i < _conditions.Count; i++)
        {
            var branch = Outputs[i];
            split.Branch(_conditions[i].Holds, stream => dsl.Set(branch, stream), $"-{i}");
        }

        if (_hasDefault)
            split.DefaultBranch(stream => dsl.Set(Outputs[^1], stream), "-others");
        else
            split.NoDefaultBranch();
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var branch = _conditions.FindIndex(c => c.Holds(item.Key, item.Value));
        if (branch >= 0)
            run.Emit(Outputs[branch], partition, item);
        else if (_hasDefault)
            run.Emit(Outputs[^1], partition, item);
    }
}
