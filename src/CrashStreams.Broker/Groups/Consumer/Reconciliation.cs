namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Moves one member a step towards its target: first it gives up what it is not to have, then it goes to the target's epoch, and it gets
/// partitions only when nobody else has them any more. A partition is therefore with one member at a time.
/// </summary>
internal static class Reconciliation
{
    /// <summary>True when the member has changed.</summary>
    /// <param name="member">The member.</param>
    /// <param name="targetEpoch">The epoch of its target assignment.</param>
    /// <param name="owned">What it says it has; null when it says nothing.</param>
    /// <param name="isFree">Whether no other member has a partition.</param>
    public static bool Step(ConsumerMember member, int targetEpoch, IReadOnlySet<TopicIdPartition>? owned, Func<TopicIdPartition, bool> isFree)
    {
        var waitsForConfirmation = member.State == ReconciliationState.Revoking && (owned is null || member.Revoking.Overlaps(owned));
        if (waitsForConfirmation)
            return false;
        if (member.State == ReconciliationState.Stable && member.Epoch == targetEpoch)
            return false;

        var kept = member.Assigned.Intersect(member.Target);
        var surplus = member.Assigned.Except(kept);
        if (!surplus.IsEmpty && (owned is null || surplus.Overlaps(owned)))
            return Become(member, ReconciliationState.Revoking, member.Epoch, kept, surplus);

        var missing = member.Target.Except(kept);
        var free = missing.Where(isFree);
        var state = free.Count < missing.Count ? ReconciliationState.AwaitingRelease : ReconciliationState.Stable;
        return Become(member, state, targetEpoch, kept.Union(free), PartitionSet.Empty);
    }

    private static bool Become(
        ConsumerMember member, ReconciliationState state, int epoch, PartitionSet assigned, PartitionSet revoking)
    {
        var isSame = member.State == state && member.Epoch == epoch && member.Assigned.SetEquals(assigned) && member.Revoking.SetEquals(revoking);
        if (isSame)
            return false;
        if (member.Epoch != epoch)
            (member.PreviousEpoch, member.Epoch) = (member.Epoch, epoch);
        if (assigned != member.Assigned || revoking != member.Revoking || member.GivenAt.Count != assigned.Count + revoking.Count)
            member.GivenAt = GivenAt(member, epoch, assigned, revoking);
        (member.State, member.Assigned, member.Revoking) = (state, assigned, revoking);
        member.IsUnwritten = true;
        return true;
    }

    /// <summary>What was here stays what it was, also while it is given up; what is new is of this epoch.</summary>
    private static Dictionary<TopicIdPartition, int> GivenAt(ConsumerMember member, int epoch, PartitionSet assigned, PartitionSet revoking)
    {
        var givenAt = new Dictionary<TopicIdPartition, int>(assigned.Count + revoking.Count);
        foreach (var partitions in (ReadOnlySpan<PartitionSet>)[assigned, revoking])
            foreach (var partition in partitions.AsSpan())
                givenAt[partition] = member.GivenAt.TryGetValue(partition, out var since) && member.Assigned.Contains(partition) ? since : epoch;
        return givenAt;
    }
}
