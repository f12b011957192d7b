namespace CrashStreams.Log;

/// <summary>Describes, creates and changes topics.</summary>
public interface ILogAdmin : IDisposable
{
    /// <summary>The number of partitions of each of these topics that exists.</summary>
    Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation);

    /// <summary>
    /// The number of partitions of each of these topics that exists, or does now because the log creates topics when somebody means to write to them.
    /// </summary>
    Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => PartitionCountsAsync(topics, cancellation);

    /// <summary>
    /// The id of each of these topics that exists (KIP-516), as Kafka's tools write it: a topic that was deleted and made anew has another. A broker that knows of no ids
    /// names none.
    /// </summary>
    Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation);

    /// <summary>Creates topics; one that exists already is left as it is and is no error.</summary>
    Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation);

    /// <summary>The settings of topics (effective values, Kafka's names).</summary>
    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(
        IReadOnlyCollection<string> topics, CancellationToken cancellation);

    /// <summary>Sets some of a topic's settings; the others stay.</summary>
    Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation);

    /// <summary>Deletes topics; one that does not exist is no error.</summary>
    Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation);

    /// <summary>The first and the end offset of partitions.</summary>
    Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation);

    /// <summary>The offset of the first record of each partition whose timestamp is not before this time (milliseconds since the Unix epoch); the end where there is none.</summary>
    Task<IReadOnlyDictionary<TopicPartition, long>> OffsetsAtAsync(IReadOnlyCollection<TopicPartition> partitions, long timestampMs, CancellationToken cancellation) =>
        throw new NotSupportedException("This log can't be asked for offsets by time.");

    /// <summary>The members of a consumer group at this moment; none where the log has no groups or does not tell.</summary>
    Task<IReadOnlyList<GroupMember>> GroupMembersAsync(string group, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<GroupMember>>([]);

    /// <summary>
    /// The transactions that are open now in these topics and in what the log keeps of a group's offsets; none where it has no transactions or does not tell.
    /// </summary>
    Task<IReadOnlyList<OpenTransaction>> OpenTransactionsAsync(string group, IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<OpenTransaction>>([]);

    /// <summary>Lets the log drop what lies before these offsets (a repartition topic's processed records).</summary>
    Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation);
}

/// <summary>A member of a consumer group.</summary>
/// <param name="ClientId">What its client calls itself.</param>
/// <param name="Host">Where it is.</param>
/// <param name="Partitions">What it reads.</param>
public sealed record GroupMember(string ClientId, string Host, IReadOnlyCollection<TopicPartition> Partitions);

/// <summary>A transaction that has not ended.</summary>
/// <param name="Partition">A partition that it has written to.</param>
/// <param name="ProducerId">The broker's number of its producer.</param>
/// <param name="ProducerEpoch">The producer's epoch.</param>
/// <param name="StartOffset">Its first record in the partition: readers of committed records stop there.</param>
public sealed record OpenTransaction(TopicPartition Partition, long ProducerId, int ProducerEpoch, long StartOffset);

/// <summary>A topic to create.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Partitions">Its number of partitions, at least 1.</param>
/// <param name="Configs">Kafka's topic settings, for example <c>cleanup.policy</c>.</param>
public sealed record TopicSpec(string Name, int Partitions, IReadOnlyDictionary<string, string> Configs)
{
    /// <summary>Copies of each partition; -1 takes the broker's default.</summary>
    public short ReplicationFactor { get; init; } = -1;
}
