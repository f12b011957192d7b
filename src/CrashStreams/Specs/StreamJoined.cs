namespace CrashStreams;

/// <summary>How two streams are joined: serdes and names.</summary>
public sealed record StreamJoined<TKey, TLeft, TRight>
{
    /// <summary>By default what the streams carry, else the library's serde for the type.</summary>
    public Serde<TKey>? KeySerde { get; init; }

    /// <summary>By default what the left stream carries, else the library's serde for the type.</summary>
    public Serde<TLeft>? LeftSerde { get; init; }

    /// <summary>By default what the right stream carries, else the library's serde for the type.</summary>
    public Serde<TRight>? RightSerde { get; init; }

    /// <summary>Names the nodes, and the repartition topics where some are needed. Name it: generated names change with the topology.</summary>
    public string? Name { get; init; }

    /// <summary>Names the stores; by default they get the nodes' generated names.</summary>
    public string? StoreName { get; init; }

    /// <summary>Whether changelog topics make the stores survive their instance; true by default.</summary>
    public bool Logged { get; init; } = true;
}
