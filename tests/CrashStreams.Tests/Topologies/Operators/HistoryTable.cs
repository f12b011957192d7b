namespace CrashStreams.Tests.Topologies;

/// <summary>A table of a topic's records that keeps their history, for a join that looks at it.</summary>
internal sealed class HistoryTable : Operator, IEntry
{
    public HistoryTable(Sketch sketch, int width)
        : base(sketch)
    {
        SourceTopics = new Dictionary<string, int> { [$"in-{Id}"] = width };
        HistoryMs = sketch.Random.Pick([2_000, 10_000, 60_000]);
        AddOutput(EdgeKind.History, new Traits { IsOrdered = true, IsKeyed = true }.Rows());
    }

    public override IReadOnlyDictionary<string, int> SourceTopics { get; }

    public bool IsKeyed => true;

    public int HistoryMs { get; }

    public override bool HasStore => true;

    public override string Text => $"table in-{Id}[{SourceTopics.Values.Single()}] with a history of {HistoryMs} ms";

    public override void Build(Dsl dsl) => dsl.Set(
        Outputs[0], dsl.Builder.Table<string, string?>($"in-{Id}", new() { Name = Name }, new() { Name = Name, HistoryRetention = TimeSpan.FromMilliseconds(HistoryMs) }));

    public long TimeOf(SourceEntry entry) => entry.Timestamp;

    public bool Reads(SourceEntry entry) => true;

    public bool Takes(SourceEntry entry) => entry.Key is not null;

    public void Enter(Ideal run, int partition, Item item) => run.Emit(Outputs[0], partition, item);

    public override void Take(Ideal run, int input, int partition, Item item) => throw new NotSupportedException("Nothing is in front of a source.");
}
