using System.Buffers;
using CrashStreams.Faults;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>Writes a stream to a topic, or each record to one of two topics.</summary>
internal sealed class Sink : Operator, ISink
{
    private readonly bool _chooses;
    private readonly bool _fails;

    public Sink(Sketch sketch, Edge input)
        : base(sketch, input)
    {
        Traits = input.Traits;
        _chooses = sketch.Random.Chance(0.2);
        _fails = input.Traits is { IsExact: true, Repeats: Repeats.Same } && sketch.Random.Chance(0.2);
        var partitions = sketch.Random.Between(1, 3);
        ResultTopics = (_chooses ? new[] { "a", "b" } : [""]).ToDictionary(suffix => $"out-{Id}{suffix}", _ => partitions);
    }

    public IReadOnlyDictionary<string, int> ResultTopics { get; }

    public Traits Traits { get; }

    public override string Text => $"to {string.Join(" or ", ResultTopics.Keys)} ({Traits.Content}){(_fails ? ", by a serde that throws for some values" : "")}";

    public static Operator? Draw(Sketch sketch) => sketch.Random.Chance(0.3) && sketch.Pick(EdgeKind.Stream) is { } input ? new Sink(sketch, input) : null;

    public override void Build(Dsl dsl)
    {
        var produced = new Produced<string, string?> { Name = Name, ValueSerde = _fails ? new FailingSerde() : null };
        if (_chooses)
            dsl.Stream(Inputs[0]).To((key, _) => TopicOf(key), produced);
        else
            dsl.Stream(Inputs[0]).To(TopicOf(null), produced);
    }

    /// <summary>A result that can't be serialized is not written; the record goes on elsewhere.</summary>
    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (_fails && PlannedFault.Hits(item.Value))
            run.SetAside(FaultKind.Production, this);
        else
            run.Write(TopicOf(item.Key), item);
    }

    public Row Read(SimulatedEntry entry) => new(
        entry.Key is null ? null : Serdes.String.Deserialize(entry.Key), entry.Value is null ? null : Serdes.String.Deserialize(entry.Value), entry.Timestamp, Correction.IsIn(entry.Headers));

    private string TopicOf(string? key) => !_chooses ? $"out-{Id}" : key is not null && key[^1] % 2 == 0 ? $"out-{Id}a" : $"out-{Id}b";

    private sealed class FailingSerde : Serde<string?>
    {
        public override string? Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);

        public override void Serialize(string? value, IBufferWriter<byte> output) => Serdes.String.Serialize(PlannedFault.Throw(value)!, output);
    }
}
