namespace CrashStreams;

/// <summary>How a stream is joined with a table.</summary>
public sealed record Joined<TKey, TValue>
{
    /// <summary>For the stream's repartition topic, where one is needed; by default what the stream carries, else the library's serde for the type.</summary>
    public Serde<TKey>? KeySerde { get; init; }

    /// <summary>For the stream's repartition topic, where one is needed; by default what the stream carries, else the library's serde for the type.</summary>
    public Serde<TValue>? ValueSerde { get; init; }

    /// <summary>
    /// How long stream records wait for updates of the table that come late, in event time; null (default): not at all. The table has to keep its history
    /// (<see cref="Materialized{TKey, TValue}.HistoryRetention"/>), at least for so long; else the topology is refused.
    /// </summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>Names the node, and the repartition topic where one is needed. Name it: generated names change with the topology.</summary>
    public string? Name { get; init; }
}
