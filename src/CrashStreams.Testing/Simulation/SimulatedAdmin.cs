using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>Describes and creates topics of the simulated log.</summary>
internal sealed class SimulatedAdmin(SimulatedCluster cluster, PortFaults? faults) : ILogAdmin
{
    public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, int>>(
            topics.Where(t => cluster.PartitionCount(t) is not null).Distinct().ToDictionary(t => t, t => cluster.PartitionCount(t)!.Value));

    // Asked together with offsets, whose faults are those of both.
    public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(topics.Distinct().ToDictionary(t => t, cluster.IdOf));

    public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation)
    {
        foreach (var topic in topics)
            cluster.Create(topic.Name, topic.Partitions, topic.Configs);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(
        IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            topics.ToDictionary(t => t, cluster.Configs));

    public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation)
    {
        cluster.Set(topic, configs);
        return Task.CompletedTask;
    }

    public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        throw new NotSupportedException("The simulation's topics live as long as it does.");

    public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        faults?.Before("offsets");
        return Task.FromResult<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>(
            partitions.ToDictionary(p => p, p => (cluster.Partition(p).Start, cluster.Partition(p).End)));
    }

    public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation)
    {
        faults?.Before("delete records");
        // Repartition topics are left whole, for the check that all of them was consumed.
        foreach (var (partition, offset) in beforeOffsets.Where(b => b.Key.Topic.EndsWith("-changelog", StringComparison.Ordinal)))
            cluster.Partition(partition).DeleteBefore(offset);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
    }
}
