using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>Describes and creates topics of the simulated log.</summary>
internal sealed class SimulatedAdmin(SimulatedCluster cluster, PortFaults? faults) : ILogAdmin
{
    public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, int>>(
            topics.Where(t => cluster.PartitionCount(t) is not null).Distinct().ToDictionary(t => t, t => cluster.PartitionCount(t)!.Value));

    public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation)
    {
        foreach (var topic in topics)
            cluster.Create(topic.Name, topic.Partitions);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(
        IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(
            new Dictionary<string, IReadOnlyDictionary<string, string>>());

    public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        throw new NotSupportedException("The simulation's topics live as long as it does.");

    public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        faults?.Before("offsets");
        return Task.FromResult<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>(
            partitions.ToDictionary(p => p, p => (0L, cluster.Partition(p).End)));
    }

    public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation) => Task.CompletedTask;

    public void Dispose()
    {
    }
}
