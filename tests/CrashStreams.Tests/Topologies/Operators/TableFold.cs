namespace CrashStreams.Tests.Topologies;

/// <summary>Count, Reduce and Aggregate of a grouped table. A group that was there once stays, with 0, and no other group has 0: every row counts
/// for at least one.</summary>
internal sealed class TableFold : Operator
{
    private readonly FoldKind _kind;

    public TableFold(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _kind = sketch.Random.Pick([FoldKind.Count, FoldKind.Sum, FoldKind.SumAndCount]);
        AddOutput(EdgeKind.Table, input.Traits.Shuffled().Rows() with { MayBeEmpty = true });
    }

    public override string Text => $"{_kind} of each group of rows";

    public override bool IsBehindShuffle => true;

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) => sketch.Pick(EdgeKind.GroupedTable, null, e => !sketch.IsRead(e)) is { } input ? new TableFold(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var (grouped, kind) = ((KGroupedTable<string, long>)dsl.Built(Inputs[0]), dsl.IsFaulty(this) ? FoldKind.Count : _kind);
        dsl.Set(Outputs[0], kind switch
        {
            FoldKind.Count when dsl.IsFaulty(this) => grouped.Aggregate(static () => 1L, static (_, _, count) => count + 1, static (_, _, count) => count - 1, Name, Name),
            FoldKind.Count => grouped.Count(Name, Name),
            FoldKind.Sum => grouped.Reduce(static (sum, value) => sum + value, static (sum, value) => sum - value, Name, Name),
            _ => grouped.Aggregate(static () => 0L, static (_, value, sum) => sum + value + 1, static (_, value, sum) => sum - value - 1, Name, Name),
        });
    }

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        var rows = run.State<Dictionary<string, long>>(this, partition);
        var weight = _kind switch
        {
            FoldKind.Count => 1,
            FoldKind.Sum => item.Number,
            _ => item.Number + 1,
        };
        rows[item.Key!] = rows.GetValueOrDefault(item.Key!) + (item.IsRemoval ? -weight : weight);
        run.Emit(Outputs[0], partition, item.With(rows[item.Key!]) with { IsRemoval = false });
    }

    /// <summary>Groups that are empty in the end may never have been seen in another order.</summary>
    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: false,
        run.States<Dictionary<string, long>>(this).SelectMany(s => s.State.Where(static row => row.Value != 0).Select(row => ((s.Partition, row.Key, -1L), Item.Text(row.Value)))).ToDictionary(), Outputs[0].Traits);
}
