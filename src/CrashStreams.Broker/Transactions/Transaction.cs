using System.Collections.Immutable;
using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>
/// What is known of a transactional id. Immutable: the coordinator derives the next value, writes it, and only then takes it over, so
/// memory is never ahead of the journal.
/// </summary>
internal sealed record Transaction(string TransactionalId, ProducerIdentity Producer, int TimeoutMs)
{
    public TransactionState State { get; init; } = TransactionState.Empty;

    /// <summary>The identity before the last bump: a retry of the request that bumped it still carries this one.</summary>
    public ProducerIdentity Previous { get; init; } = ProducerIdentity.None;

    /// <summary>While prepared: the identity that markers carry, which fences the one that wrote the data when the epoch is bumped.</summary>
    public ProducerIdentity Marker { get; init; } = ProducerIdentity.None;

    /// <summary>Partitions that data was or may have been written to, and that still need a marker.</summary>
    public ImmutableSortedSet<TopicPartition> Partitions { get; init; } = [];

    /// <summary>Groups that offsets were or may have been committed to, and that still have to be told the result.</summary>
    public ImmutableSortedSet<string> Groups { get; init; } = [];

    public long StartMs { get; init; } = -1;

    public long LastUpdateMs { get; init; }

    public bool IsCommit => State is TransactionState.PrepareCommit or TransactionState.CompleteCommit;

    /// <summary>What it holds, about: its record in the journal is smaller, and each of its parts has a place in an answer.</summary>
    public long Bytes => 512 + TransactionalId.Length + Partitions.Sum(PartitionBytes) + Groups.Sum(GroupBytes);

    public static long PartitionBytes(TopicPartition partition) => 16 + partition.Topic.Length;

    public static long GroupBytes(string groupId) => 16 + 3L * groupId.Length;

    public Transaction Move(TransactionState to, long nowMs) => this with { State = State.To(to), LastUpdateMs = nowMs };
}
