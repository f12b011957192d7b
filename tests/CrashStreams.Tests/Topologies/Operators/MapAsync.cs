namespace CrashStreams.Tests.Topologies;

/// <summary>MapAsync: calls that take unlike virtual times, some of them none. Order is kept per key, or not at all where nobody looks at it.</summary>
internal sealed class MapAsync : Operator
{
    private readonly Mapping _mapping;
    private readonly AsyncCalls _calls;
    private readonly int _mostMs;

    private MapAsync(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _mapping = Mapping.Draw(sketch.Random);
        _mostMs = sketch.Random.Pick([0, 5, 40]);
        _calls = new() { MaxConcurrency = sketch.Random.Pick([1, 3, 20]), Order = sketch.Random.Pick([AsyncOrder.PerKey, AsyncOrder.None]) };
        // Records of other keys may overtake each other, and so may records at windows behind.
        AddOutput(EdgeKind.Stream, input.Traits.Changed(_mapping.IsMonotone) with { IsOrdered = false });
    }

    public override string Text => $"map {_mapping} by {_calls.MaxConcurrency} calls at once of up to {_mostMs} ms, order {_calls.Order}";

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.Stream, static t => t.IsExact) is { } input ? new MapAsync(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var delay = dsl.Delay;
        dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).MapAsync(async (key, value, _) =>
        {
            if ((Item.Parse(value) + (key is null ? 0 : key[^1])) * 7 % (_mostMs + 1) is > 0 and var milliseconds)
                await delay((int)milliseconds);
            return _mapping.Of(value);
        }, _calls, Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item) => run.EmitApart(Outputs[0], partition, item with { Value = _mapping.Of(item.Value), IsUnordered = true });
}
