using CrashStreams.Operators;

namespace CrashStreams.Plan;


/// <summary>What every source has, whatever its types.</summary>
internal interface ISourceNode
{
    string Name { get; }

    IReadOnlyList<string> Topics { get; }

    /// <summary>The serdes of keys and values: of type <c>Serde&lt;T&gt;</c>.</summary>
    (object? Key, object? Value) Serdes { get; }

    /// <summary>Whether the application itself writes the topics: they carry its prefix, and watermark markers.</summary>
    bool IsRepartition { get; }

    /// <summary>Whether the source brings back the answers of a foreign-key join.</summary>
    bool MayHoldClock { get; }

    /// <summary>Whether the clock of a task waits for the source; see <see cref="ClockLoops"/>.</summary>
    bool HoldsClock { get; set; }

    /// <summary>Where a partition without a committed offset begins; null: where the application says.</summary>
    OffsetReset? OffsetReset { get; }

    /// <summary>Where a partition goes on whose committed offset was deleted; null: where the application says.</summary>
    OffsetReset? OffsetOutOfRange { get; }
}

/// <summary>A node that reads topics and turns their bytes into records.</summary>
internal sealed class SourceNode<TKey, TValue>(string name, IReadOnlyList<string> topics, Consumed<TKey, TValue> consumed, bool isRepartition)
    : TopologyNode<TKey, TValue>(name), ISourceNode
{
    public IReadOnlyList<string> Topics => topics;

    public (object? Key, object? Value) Serdes => (consumed.KeySerde, consumed.ValueSerde);

    public bool IsRepartition => isRepartition;

    public bool MayHoldClock { get; init; }

    public bool HoldsClock { get; set; } = true;

    public OffsetReset? OffsetReset => consumed.OffsetReset;

    public OffsetReset? OffsetOutOfRange => consumed.OffsetOutOfRange;

    public override void Validate(ICollection<string> faults)
    {
        foreach (var topic in topics)
            TopicName.Check(topic, $"Source '{Name}'", faults);
        SerdeFault.Check(consumed.KeySerde, Name, "key", faults);
        SerdeFault.Check(consumed.ValueSerde, Name, "value", faults);
        if (consumed.Prefilter is not null && consumed.TimestampExtractor is { ReadsBytes: false })
            faults.Add($"Source '{Name}': a prefilter needs a timestamp extractor that reads bytes (its constructor with a BytesTimestamp), because a rejected record still moves the watermark.");
    }

    public override object Create(IOperatorBuilder task) => new SourceProcessor<TKey, TValue>(task.ContextFor(this), consumed, isRepartition, CreateChildren(task));
}
