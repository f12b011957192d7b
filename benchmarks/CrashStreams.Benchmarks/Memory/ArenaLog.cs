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

    public ArenaLog(string inputTopic, string repartitionTopic, int partitions)
    {
        RepartitionTopic = repartitionTopic;
        PartitionCount = partitions;
        Partitions = [.. from topic in new[] { inputTopic, repartitionTopic } from p in Enumerable.Range(0, partitions) select new TopicPartition(topic, p)];
        Input = new(Partitions);
        Ends = new long[Partitions.Count];
        var log = new MemoryLog();
        log.Create(inputTopic, partitions);
        _topics = new(log);
    }

    public string RepartitionTopic { get; }

    public int PartitionCount { get; }

    public IReadOnlyList<TopicPartition> Partitions { get; }

    public ArenaBatch Input { get; }

    /// <summary>By partition index, the offset behind its last record.</summary>
    public long[] Ends { get; }

    public ArenaConsumer Consumer { get; private set; } = null!;

    public ArenaProducer Producer { get; private set; } = null!;

    public void AddInput(int partition, in LogRecord record) => Input.Add(partition, Ends[partition]++, in record);

    /// <summary>Forgets what an application wrote; the input stays.</summary>
    public void Rewind() => Array.Clear(Ends, PartitionCount, PartitionCount);

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => Consumer = new(this);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => _topics.CreateRestoreConsumer(clientId, readCommitted);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => Producer = new(this);

    public ILogAdmin CreateAdmin(string clientId) => _topics.CreateAdmin(clientId);
}
