using CrashStreams.Log;

namespace CrashStreams.Tests.Runtime;

/// <summary>Another admin client, with something that happens instead when it is disposed of.</summary>
internal sealed class EndingAdmin(ILogAdmin inner, Action end) : ILogAdmin
{
    public Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsForWritingAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.TopicIdsAsync(topics, cancellation);

    public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation) => inner.CreateTopicsAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        inner.TopicConfigsAsync(topics, cancellation);

    public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation) => inner.SetTopicConfigsAsync(topic, configs, cancellation);

    public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.DeleteTopicsAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation) =>
        inner.OffsetsAsync(partitions, cancellation);

    public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation) => inner.DeleteRecordsAsync(beforeOffsets, cancellation);

    public void Dispose() => end();
}
