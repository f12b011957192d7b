namespace CrashStreams.Tests.Topologies;

/// <summary>Filter and FilterNot.</summary>
internal sealed class Filter : Operator
{
    private readonly Condition _condition;
    private readonly bool _isNegated;

    private Filter(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _condition = Condition.Draw(sketch.Random, input.Traits);
        _isNegated = sketch.Random.Chance(0.3) && input.Traits is { IsExact: true, Repeats: Repeats.Same };
        AddOutput(EdgeKind.Stream, _condition.Behind(input.Traits));
    }

    public override string Text => $"filter{(_isNegated ? " not" : "")} {_condition}";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream) is { } input ? new Filter(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        dsl.Set(Outputs[0], _isNegated ? stream.FilterNot(_condition.Holds, Name) : stream.Filter(_condition.Holds, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (_condition.Holds(item.Key, item.Value) != _isNegated)
            run.Emit(Outputs[0], partition, item);
    }
}
