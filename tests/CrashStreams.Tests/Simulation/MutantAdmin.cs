using CrashStreams.Log;

namespace CrashStreams.Tests.Simulation;

internal sealed class MutantAdmin(ILogAdmin inner, Mutation mutation) : ILogAdmin
{
    public async Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation)
    {
        var offsets = await inner.OffsetsAsync(partitions, cancellation);
        return offsets.ToDictionary(o => o.Key, o => IsNotRestored(o.Key.Topic) ? (o.Value.End, o.Value.End) : o.Value);
    }

    public Task<IReadOnlyDictionary<string, int>> PartitionCountsForWritingAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsForWritingAsync(topics, cancellation);

    public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        mutation == Mutation.PartitionOverlooked ? CountAllButLastAsync(topics, cancellation) : inner.PartitionCountsAsync(topics, cancellation);

    private async Task<IReadOnlyDictionary<string, int>> CountAllButLastAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        var counts = await inner.PartitionCountsAsync(topics, cancellation);
        return counts.ToDictionary(static c => c.Key, static c => c.Key.StartsWith("in-", StringComparison.Ordinal) && c.Value > 1 ? c.Value - 1 : c.Value);
    }

    public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
        inner.TopicIdsAsync(mutation == Mutation.TopicIdsIgnored ? [] : topics, cancellation);

    public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation) =>
        inner.CreateTopicsAsync(mutation == Mutation.RetentionNotLifted ? topics.Select(AsByKafkaStreams).ToList() : topics, cancellation);

    public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation) =>
        mutation == Mutation.RetentionNotLifted ? Task.CompletedTask : inner.SetTopicConfigsAsync(topic, configs, cancellation);

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(
        IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.TopicConfigsAsync(topics, cancellation);

    public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.DeleteTopicsAsync(topics, cancellation);

    public async Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation)
    {
        if (mutation == Mutation.ChangelogPurgedTooFar)
            beforeOffsets = (await inner.OffsetsAsync(beforeOffsets.Keys.ToList(), cancellation)).ToDictionary(o => o.Key, o => o.Value.End);
        await inner.DeleteRecordsAsync(beforeOffsets, cancellation);
    }

    public void Dispose() => inner.Dispose();

    private bool IsNotRestored(string topic) => mutation switch
    {
        Mutation.ChangelogNotRestored => true,
        Mutation.LatePartNotRestored => topic.EndsWith("-corrections-changelog", StringComparison.Ordinal),
        _ => false,
    };

    private static TopicSpec AsByKafkaStreams(TopicSpec topic) => topic.Name.EndsWith("-changelog", StringComparison.Ordinal)
        ? topic with { Configs = topic.Configs.ToDictionary(c => c.Key, c => c.Key == "retention.ms" ? "86440000" : c.Value) }
        : topic;
}
