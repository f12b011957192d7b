namespace CrashStreams.Operators;

/// <summary>How the values of a window become one.</summary>
/// <param name="Aggregator">Takes a value into the aggregate.</param>
internal sealed record WindowFold<TKey, TValue, TAggregate>(Func<TKey, TValue, TAggregate, TAggregate> Aggregator)
{
    /// <summary>What a window begins with; null: its first value is taken by <see cref="First"/>.</summary>
    public Func<TAggregate>? Initializer { get; init; }

    public Func<TValue, TAggregate>? First { get; init; }

    /// <summary>Whether the aggregator looks at no value: a count counts records without one, as in Kafka Streams.</summary>
    public bool IgnoresValues { get; init; }

    /// <summary>The aggregate of the records in time, and that of late ones; null: not known, so the window can't be corrected.</summary>
    public Func<TAggregate, TAggregate, TAggregate>? Merge { get; init; }
}
