using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Describes and creates topics of the log in memory.</summary>
internal sealed class MemoryAdmin(MemoryLog log) : ILogAdmin
{
    public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, int>>(
            topics.Where(t => log.PartitionCount(t) is not null).Distinct().ToDictionary(t => t, t => log.PartitionCount(t)!.Value));

    // The producer makes them when it writes the first record.
    public Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, int>>(topics.Distinct().ToDictionary(t => t, t => log.PartitionCount(t) ?? 1));

    public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(
            topics.Where(t => log.IdOf(t) is not null).Distinct().ToDictionary(t => t, t => log.IdOf(t)!));

    public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation)
    {
        foreach (var topic in topics)
        {
            if (log.PartitionCount(topic.Name) is not null)
                continue;
            log.Create(topic.Name, topic.Partitions);
            log.Configs[topic.Name] = topic.Configs.ToDictionary();
        }

        return Task.CompletedTask;
    }

    public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation)
    {
        foreach (var (name, value) in configs)
            log.Configs[topic][name] = value;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(
        IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            topics.Where(log.Configs.ContainsKey).ToDictionary(t => t, t => (IReadOnlyDictionary<string, string>)log.Configs[t]));

    public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        foreach (var topic in topics)
            log.Delete(topic);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>(
            partitions.ToDictionary(p => p, p => (log.Start(p), (long)log.Partition(p).Count)));

    public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation)
    {
        foreach (var (partition, offset) in beforeOffsets)
            log.DeleteBefore(partition, offset);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
