using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Benchmarks.Memory;

/// <summary>
/// A log for measuring the engine alone: its input lies in an arena, what is written to the repartition topic comes back with the next
/// poll through another, and all other output is counted and dropped. No port allocates for a record.
/// </summary>
internal sealed class ArenaLog : ILogClients
{
    private readonly MemoryLogClients _topics;

    /// <param name="inputTopics">The topics that are read.</param>
    /// <param name="repartitionTopic">The topic that brings records back; null for none.</param>
    /// <param name="partitions">How many each has.</param>
    public ArenaLog(IReadOnlyList<string> inputTopics, string? repartitionTopic, int partitions)
    {
        RepartitionTopic = repartitionTopic;
        PartitionCount = partitions;
        Partitions = [.. from topic in repartitionTopic is null ? inputTopics : inputTopics.Append(repartitionTopic) from p in Enumerable.Range(0, partitions) select new TopicPartition(topic, p)];
        RepartitionIndex = inputTopics.Count * partitions;
        Input = new(Partitions);
        Ends = new long[Partitions.Count];
        var log = new MemoryLog();
        foreach (var topic in inputTopics)
            log.Create(topic, partitions);
        _topics = new(log);
    }

    public string? RepartitionTopic { get; }

    /// <summary>The index of the repartition topic's first partition.</summary>
    public int RepartitionIndex { get; }

    public int PartitionCount { get; }

    public IReadOnlyList<TopicPartition> Partitions { get; }

    public ArenaBatch Input { get; }

    /// <summary>By partition index, the offset behind its last record.</summary>
    public long[] Ends { get; }

    public ArenaConsumer Consumer { get; private set; } = null!;

    public ArenaProducer Producer { get; private set; } = null!;

    /// <param name="partition">By index: the partitions of the first topic, then those of the next.</param>
    /// <param name="record">The record.</param>
    public void AddInput(int partition, in LogRecord record) => Input.Add(partition, Ends[partition]++, in record);

    /// <summary>Forgets what an application wrote; the input stays.</summary>
    public void Rewind() => Array.Clear(Ends, RepartitionIndex, Ends.Length - RepartitionIndex);

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => Consumer = new(this);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => _topics.CreateRestoreConsumer(clientId, readCommitted);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => Producer = new(this);

    public ILogAdmin CreateAdmin(string clientId) => _topics.CreateAdmin(clientId);
}
