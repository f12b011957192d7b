using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>Where the results of transactions go: the partitions' logs, and the offsets of groups.</summary>
internal interface ITransactionParticipants
{
    /// <summary>Appends a control batch that ends the producer's open transaction in a partition.</summary>
    MarkerResult WriteMarker(TopicPartition partition, ProducerIdentity producer, bool commit);

    /// <summary>Makes the producer's pending offsets of a group visible, or drops them. Repeating it changes nothing. False: try again later.</summary>
    bool TryEndOffsets(string groupId, long producerId, bool commit);
}

internal enum MarkerResult
{
    Written,

    /// <summary>The partition was deleted: there is nothing left to end.</summary>
    Gone,

    /// <summary>The partition knows a later epoch of the producer: there is nothing of this transaction left to end.</summary>
    Fenced,

    /// <summary>Could not be stored now; the coordinator comes again.</summary>
    Failed,
}
