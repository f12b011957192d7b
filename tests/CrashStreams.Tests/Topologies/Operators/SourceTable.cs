namespace CrashStreams.Tests.Topologies;

/// <summary>A table of a topic's records: the last one of a key wins, one without value removes the key.</summary>
internal sealed class SourceTable : Operator, IEntry
{
    private readonly bool _isMaterialized;

    /// <param name="sketch">Where it is drawn.</param>
    /// <param name="width">The number of partitions; drawn by default.</param>
    public SourceTable(Sketch sketch, int? width = null)
        : base(sketch)
    {
        SourceTopics = new Dictionary<string, int> { [$"in-{Id}"] = width ?? sketch.Random.Between(1, 4) };
        _isMaterialized = sketch.Random.Chance(0.5);
        AddOutput(EdgeKind.Table, new Traits { IsOrdered = true, IsKeyed = true }.Rows());
    }

    public override IReadOnlyDictionary<string, int> SourceTopics { get; }

    public bool IsKeyed => true;

    public override bool HasStore => true;

    public override string Text => $"table in-{Id}[{SourceTopics.Values.Single()}]{(_isMaterialized ? ", materialized" : "")}";

    public static Operator? Draw(Sketch sketch) => sketch.Random.Chance(0.4) ? new SourceTable(sketch) : null;

    public override void Build(Dsl dsl) => dsl.Set(
        Outputs[0], dsl.Builder.Table<string, string?>($"in-{Id}", new() { Name = Name }, _isMaterialized ? new() { Name = Name } : null).MapValues(static value => Item.Parse(value), $"{Name}-number"));

    public long TimeOf(SourceEntry entry) => entry.Timestamp;

    public bool Reads(SourceEntry entry) => true;

    public bool Takes(SourceEntry entry) => entry.Key is not null;

    public void Enter(Ideal run, int partition, Item item) => run.Emit(Outputs[0], partition, item);

    public override void Take(Ideal run, int input, int partition, Item item) => throw new NotSupportedException("Nothing is in front of a source.");
}
