namespace CrashStreams.Operators;

/// <summary>How the values of a session become one, and how sessions are merged.</summary>
/// <param name="Aggregator">Takes a value into the aggregate.</param>
/// <param name="Merger">Makes one aggregate of two: of the earlier session, of the later one.</param>
internal sealed record SessionFold<TKey, TValue, TAggregate>(Func<TKey, TValue, TAggregate, TAggregate> Aggregator, Func<TKey, TAggregate, TAggregate, TAggregate> Merger)
{
    /// <summary>What a session begins with, and merging too, as in Kafka Streams; null: its first value is taken by <see cref="First"/>.</summary>
    public Func<TAggregate>? Initializer { get; init; }

    public Func<TValue, TAggregate>? First { get; init; }

    /// <summary>Whether the values don't matter, so that absent ones count too.</summary>
    public bool IgnoresValues { get; init; }
}
