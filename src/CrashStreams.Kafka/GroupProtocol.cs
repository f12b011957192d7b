namespace CrashStreams.Kafka;

/// <summary>How the members of a consumer group agree on who reads which partition.</summary>
public enum GroupProtocol
{
    /// <summary><see cref="Consumer"/> where the broker has it, else <see cref="Classic"/>.</summary>
    Auto,

    /// <summary>The broker assigns, incrementally (KIP-848; Kafka 4.0 and later), with its <c>range</c> assignor, which keeps co-partitioned partitions together.</summary>
    Consumer,

    /// <summary>The members assign (Kafka before 4.0), with the <c>range</c> assignor; each rebalance takes all partitions away first.</summary>
    Classic,
}
