using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Where the partitions that the group assigns to a thread are read from: where they were left, else where <see cref="OffsetReset"/> says. A position that is chosen here is
/// committed before the first record is processed. So whatever has left traces has a position, and a missing one means that it was lost (<see cref="LostPositions"/>).
/// </summary>
internal sealed class StartPositions(StreamsOptions options, Topology topology, InternalTopics topics, ILogConsumer consumer, ILogAdmin admin, OwnPositions own, ApplicationMeter meter, ILogger logger)
{
    private readonly Dictionary<TopicPartition, Start> _starts = [];
    private readonly OffsetResets _resets = new(options, topology);

    /// <summary>Looks up where to start, and remembers it until the partitions are taken away.</summary>
    public IReadOnlyDictionary<TopicPartition, long> Of(IReadOnlyCollection<TopicPartition> partitions)
    {
        // Those that were added since the start are refused by whoever makes tasks of them.
        partitions = [.. partitions.Where(p => p.Partition < topics.PartitionsOf(p.Topic))];
        var committed = consumer.Committed(partitions);
        // An offset of another topic of the same name is none.
        var missing = partitions.Where(p => !committed.TryGetValue(p, out var position) || CommittedPosition.Parse(position.Metadata).IsOfOtherInput(topics.IdOf(p.Topic))).ToList();
        foreach (var (partition, position) in committed.Where(c => !missing.Contains(c.Key)))
            _starts[partition] = Trusted(partition, position);
        if (missing.Count > 0)
            Choose(missing);
        return partitions.ToDictionary(static p => p, p => _starts[p].Offset);
    }

    /// <summary>Looks again for partitions that have been here for a while, and that an earlier task may have committed.</summary>
    public void Refresh(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach (var (partition, position) in consumer.Committed(partitions))
            _starts[partition] = Trusted(partition, position);
    }

    /// <summary>Whether the state of the task that reads this partition is to be emptied.</summary>
    public bool IsRebuild(in TopicPartition partition) => _starts.TryGetValue(partition, out var start) && start.IsRebuild;

    /// <summary>Gives an input of a new task its position and time.</summary>
    public void Apply(InputPartition input)
    {
        if (!_starts.TryGetValue(input.Partition, out var start))
            return;
        input.Topics = topics.PositionText(input.Partition.Topic, input.Task.LoggedStores.Select(static s => s.ChangelogTopic!));
        input.Task.RestoreTime(input, new(start.Offset, start.Metadata), start.IsCommitted);
    }

    public void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
            _starts.Remove(partition);
    }

    /// <summary>The log does not hold the offset that a source partition was to be read from: retention has passed it. Answers where to go on.</summary>
    /// <exception cref="LogException">Nowhere: that is for the user to decide.</exception>
    public long GoOnAfter(in TopicPartition partition, long position, LogException fault)
    {
        var policy = _resets.WhenOutOfRange(partition.Topic);
        if (policy == OffsetReset.Fail)
        {
            throw new LogException($"{fault.Message} Delivery.{nameof(DeliveryOptions.OffsetOutOfRange)} says what an application does then: it is {OffsetReset.Fail}, so that no record is passed over unnoticed. "
                + $"Set it to {OffsetReset.Earliest} to go on with the first record that is there.", fault) { OutOfRange = partition };
        }

        var (start, end) = admin.OffsetsAsync([partition], CancellationToken.None).GetAwaiter().GetResult()[partition];
        var next = policy == OffsetReset.Earliest ? start : end;
        if (position >= 0 && next > position)
            meter.Lost(partition.Topic, partition.Partition, next - position);
        logger.PositionOutOfRange(partition, next, policy, position, start, end, position >= 0 ? Math.Max(0, next - position) : 0);
        return next;
    }

    // An offset without the application's mark was committed by somebody else. What was read up to there was not read by the application.
    private Start Trusted(in TopicPartition partition, in OffsetAndMetadata position)
    {
        var parsed = CommittedPosition.Parse(position.Metadata);
        if (parsed.IsOwn)
            return new(position.Offset, position.Metadata, IsCommitted: true, parsed.IsRebuild);
        if (own.Find(partition) is not { } known)
        {
            throw new LogException(
                $"Offset {position.Offset} of {partition} was committed by somebody who is not of this application, as a member of group '{options.ApplicationId}', and this instance does not know where the application was. "
                + "Another instance may; if there is none, stop all and start one: it finds out what the state can be built from again.") { IsRetriable = true };
        }

        if (known != position)
        {
            logger.ForeignCommit(partition, position.Offset, options.ApplicationId, known.Offset);
        }

        return new(known.Offset, known.Metadata, IsCommitted: false, CommittedPosition.Parse(known.Metadata).IsRebuild);
    }

    private void Choose(List<TopicPartition> missing)
    {
        var ranges = admin.OffsetsAsync(missing, CancellationToken.None).GetAwaiter().GetResult();
        foreach (var partition in missing)
        {
            var policy = _resets.WhenMissing(partition.Topic);
            if (policy == OffsetReset.Fail)
                throw new LogException($"Group '{options.ApplicationId}' has no committed offset for {partition}, and Delivery.{nameof(DeliveryOptions.OffsetReset)} is {OffsetReset.Fail}: commit one for it, or set where to begin.");
            _starts[partition] = new(policy == OffsetReset.Latest ? ranges[partition].End : ranges[partition].Start, "", IsCommitted: false, IsRebuild: false);
        }
    }

    private readonly record struct Start(long Offset, string Metadata, bool IsCommitted, bool IsRebuild);
}
