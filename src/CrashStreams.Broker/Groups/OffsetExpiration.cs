using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups;

/// <summary>Which offsets nobody is going to ask for any more (KIP-211).</summary>
internal static class OffsetExpiration
{
    public static IEnumerable<TopicPartition> Expired(Group group, GroupContext context)
    {
        var nowMs = context.Timers.NowMs;
        foreach (var (partition, offset) in group.Offsets.Committed)
        {
            if (group.Offsets.IsUnstable(partition))
                continue;
            if (ExpiresAtMs(group.Membership, partition, offset, context.Options) <= nowMs || !context.Topics.TryGet(partition.Topic, out _))
                yield return partition;
        }
    }

    private static long ExpiresAtMs(Membership membership, TopicPartition partition, CommittedOffset offset, GroupOptions options)
    {
        if (offset.ExpireMs >= 0)
            return membership.IsEmpty ? offset.ExpireMs : long.MaxValue;
        if (membership.IsEmpty)
            return Saturating.Add(Math.Max(membership.ProtocolType.Length == 0 ? 0 : membership.EmptySinceMs, offset.CommitMs), options.OffsetRetentionMs);
        var isInUse = membership.CheckOffsetDelete() != Protocol.ErrorCode.None || membership.IsSubscribedTo(partition.Topic);
        return isInUse ? long.MaxValue : Saturating.Add(offset.CommitMs, options.OffsetRetentionMs);
    }
}
