using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>Writes a windowed table's rows under their windowed keys.</summary>
internal sealed class WindowedSink : Operator, ISink
{
    private readonly Windows _windows;

    public WindowedSink(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        _windows = input.Windows!;
        Traits = input.Traits;
        ResultTopics = new Dictionary<string, int> { [$"out-{Id}"] = sketch.Random.Between(1, 3) };
    }

    public IReadOnlyDictionary<string, int> ResultTopics { get; }

    public Traits Traits { get; }

    public override string Text => $"rows to out-{Id} ({Traits.Content})";

    public override void Build(Dsl dsl) => dsl.WindowedTable(Inputs[0]).ToStream($"{Name}-rows").To($"out-{Id}", new() { Name = Name });

    public override void Take(Ideal run, int input, int partition, Item item) => run.Write($"out-{Id}", item with { Key = $"{item.Key}@{item.Window!.Value.StartMs}" });

    public Row Read(SimulatedEntry entry) => Read(entry, _windows);

    /// <summary>A row under a windowed key.</summary>
    public static Row Read(SimulatedEntry entry, Windows windows)
    {
        var key = windows.Keys.Deserialize(entry.Key);
        return new($"{key.Key}@{key.Window.StartMs}", entry.Value is null ? null : Item.Text(Serdes.Int64.Deserialize(entry.Value)), entry.Timestamp, Correction.IsIn(entry.Headers));
    }
}
