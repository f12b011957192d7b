using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>Waits until the group has committed everything that was in the source topics when it was asked, and what was made of it in each repartition topic after the other.</summary>
internal sealed class CaughtUp(ApplicationContext application, ApplicationLife life, Task completion)
{
    private const int MostNamed = 5;
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    public async Task WaitAsync(CancellationToken cancellation)
    {
        using var admin = application.Clients.CreateAdmin($"{application.Name}-progress-admin");
        using var consumer = application.Clients.CreateConsumer($"{application.Name}-progress", application.Options.ApplicationId, readCommitted: true);
        var levels = application.RepartitionTopics.Select(static t => (IReadOnlyCollection<string>)[t]).Prepend(application.Topology.SourceTopics.ToList());
        var written = await admin.PartitionCountsAsync([.. application.RepartitionTopics], cancellation).ConfigureAwait(false);
        var silence = application.Options.Time.Clock == StreamTime.Watermarks ? WatermarkAnnouncer.LongestSilence(application.Options, written.Values.Sum()) : TimeSpan.Zero;
        foreach (var (level, topics) in levels.Index())
        {
            // What closes the last windows of the next level may be announced after the commit.
            if (level > 0 && silence > TimeSpan.Zero)
                await Task.WhenAny(Task.Delay(silence + application.Options.Delivery.EffectiveCommitInterval, application.Time, cancellation), completion).ConfigureAwait(false);
            var counts = await admin.PartitionCountsAsync(topics, cancellation).ConfigureAwait(false);
            var partitions = counts.SelectMany(static c => Enumerable.Range(0, c.Value).Select(p => new TopicPartition(c.Key, p))).ToList();
            await WaitAsync(consumer, partitions, await admin.OffsetsAsync(partitions, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(
        ILogConsumer consumer, List<TopicPartition> partitions, IReadOnlyDictionary<TopicPartition, (long Start, long End)> ends, CancellationToken cancellation)
    {
        while (partitions.Count > 0)
        {
            var committed = CommittedIfKnown(consumer, partitions);
            partitions.RemoveAll(p => ends[p].End <= ends[p].Start || (committed.TryGetValue(p, out var c) && c.Offset >= ends[p].End && CommittedPosition.Parse(c.Metadata).IsOwn));
            if (partitions.Count > 0)
                await Task.WhenAny(Task.Delay(_interval, application.Time, cancellation), completion).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            if (partitions.Count > 0 && completion.IsCompleted)
                throw StoppedEarly(partitions);
        }
    }

    private CrashStreamsException StoppedEarly(List<TopicPartition> partitions)
    {
        var left = $"{string.Join(", ", partitions.Order().Take(MostNamed))}{(partitions.Count > MostNamed ? $" and {partitions.Count - MostNamed} more" : "")}";
        return life.Fault is { } fault
            ? new($"The application failed before it had caught up with {left}: {fault.Message}", fault)
            : new($"The application was stopped before it had caught up with {left}.");
    }

    // While the group's coordinator moves nobody answers: then it is asked again.
    private static IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> CommittedIfKnown(ILogConsumer consumer, List<TopicPartition> partitions)
    {
        try
        {
            return consumer.Committed(partitions);
        }
        catch (LogException e) when (e.IsRetriable)
        {
            return new Dictionary<TopicPartition, OffsetAndMetadata>();
        }
    }
}
