namespace CrashStreams.Tests.Topologies;

/// <summary>Filter of a table: a row that stops passing becomes a tombstone; one that never did is not heard of.</summary>
internal sealed class TableFilter : Operator
{
    private readonly Condition _condition;
    private readonly EdgeKind _kind;
    private readonly bool _isNegated;

    private TableFilter(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _kind = input.Kind;
        _condition = Condition.Draw(sketch.Random, input.Traits, isTable: true);
        _isNegated = _kind == EdgeKind.Table && input.Traits.Content == Content.Last && sketch.Random.Chance(0.5);
        AddOutput(_kind, _condition.Behind(input.Traits), input.Windows);
    }

    public override string Text => $"table filter{(_isNegated ? " not" : "")} {_condition}";

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(sketch.Random.Pick([EdgeKind.Table, EdgeKind.WindowedTable])) is { } input ? new TableFilter(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        if (_kind == EdgeKind.Table)
            dsl.Set(Outputs[0], _isNegated ? dsl.Table(Inputs[0]).FilterNot(_condition.Holds, Name) : dsl.Table(Inputs[0]).Filter(_condition.Holds, Name));
        else
            dsl.Set(Outputs[0], dsl.WindowedTable(Inputs[0]).Filter((key, value) => _condition.Holds(key.Key, value), Name));
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var passing = run.State<HashSet<(string?, Window?)>>(this, partition);
        var row = (item.Key, item.Window);
        if (item.Value is not null && _condition.Holds(item.Key, item.Value) != _isNegated)
        {
            passing.Add(row);
            run.Emit(Outputs[0], partition, item);
        }
        else if (passing.Remove(row))
        {
            run.Emit(Outputs[0], partition, item with { Value = null });
        }
    }
}
