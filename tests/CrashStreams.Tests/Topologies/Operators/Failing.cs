using CrashStreams.Processing;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// A mapper, predicate, action or processor that throws for some values. The rule: what is done for a record ends there. Operators in front have had it, and so have those that stand before
/// the failing one beside it; those behind it and after it have not.
/// </summary>
internal sealed class Failing : Operator
{
    private readonly char _kind;

    private Failing(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _kind = sketch.Random.Pick(['m', 'f', 'p', 'x']);
        AddOutput(EdgeKind.Stream, _kind == 'x' ? input.Traits with { IsRekeyed = true } : input.Traits);
    }

    public override string Text => $"throws for some values in {_kind switch { 'm' => "a mapper", 'f' => "a predicate", 'p' => "an action", _ => "a processor" }}";

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Stream, static t => t is { IsExact: true, Repeats: Repeats.Same }) is { } input ? new Failing(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var stream = dsl.Stream(Inputs[0]);
        dsl.Set(Outputs[0], _kind switch
        {
            'm' => stream.MapValues(static value => PlannedFault.Throw(value), Name),
            'f' => stream.Filter(static (_, value) => PlannedFault.Throw(value) == value, Name),
            'p' => stream.Peek(static (_, value) => PlannedFault.Throw(value), Name),
            _ => stream.Process(static () => new Thrower(), name: Name),
        });
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (PlannedFault.Hits(item.Value))
            run.Fail(this);
        run.Emit(Outputs[0], partition, item);
    }

    private sealed class Thrower : Processor<string, string?, string, string?>
    {
        public override void Process(in Record<string, string?> record) => Forward(record.WithValue(PlannedFault.Throw(record.HasValue ? record.Value : null)));
    }
}
