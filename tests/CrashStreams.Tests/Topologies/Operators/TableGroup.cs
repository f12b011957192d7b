namespace CrashStreams.Tests.Topologies;

/// <summary>GroupBy of a table: what a row was leaves its old group, what it is enters its new one.</summary>
internal sealed class TableGroup : Operator
{
    private readonly int _groups;

    private TableGroup(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _groups = sketch.Random.Between(1, 4);
        AddOutput(EdgeKind.GroupedTable, input.Traits.Rows());
    }

    public override string Text => $"group table by {_groups} groups";

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) =>
        sketch.Pick(EdgeKind.Table, static t => t is { IsKeyed: true, IsCoPartitioned: true } && Sketch.MayShuffle(t)) is { } input ? new TableGroup(sketch, input) : null;

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Table(Inputs[0]).GroupBy((_, value) => (dsl.IsFaulty(this) ? "g0" : GroupOf(value), value + 1), new Grouped<string, long> { Name = Name }));

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var rows = run.State<Dictionary<string, long>>(this, partition);
        if (rows.Remove(item.Key!, out var before))
            run.Emit(Outputs[0], partition, item.With(before + 1) with { Key = GroupOf(before), IsRemoval = true });
        if (item.Value is null)
            return;
        rows[item.Key!] = item.Number;
        run.Emit(Outputs[0], partition, item.With(item.Number + 1) with { Key = GroupOf(item.Number) });
    }

    private string GroupOf(long value) => $"g{value % _groups}";
}
