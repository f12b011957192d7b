namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Each topic's partitions in one run per subscriber, in the same order for each topic: partition n of two topics of the same size and
/// with the same subscribers is with the same member, which joins depend on.
/// </summary>
internal sealed class RangeAssignor : IAssignor
{
    public string Name => "range";

    public Dictionary<string, PartitionSet> Assign(IReadOnlyList<Subscriber> subscribers)
    {
        var assigned = subscribers.ToDictionary(subscriber => subscriber.MemberId, _ => new List<TopicIdPartition>());
        var inOrder = subscribers.OrderBy(subscriber => subscriber.InstanceId is null)
            .ThenBy(subscriber => subscriber.InstanceId ?? subscriber.MemberId, StringComparer.Ordinal);
        var byTopic = inOrder.SelectMany(subscriber => subscriber.Topics.InOrder().Select(topic => (topic, subscriber.MemberId))).GroupBy(entry => entry.topic, entry => entry.MemberId);
        foreach (var topic in byTopic)
        {
            var members = topic.ToList();
            for (var partition = 0; partition < topic.Key.Partitions; partition++)
                assigned[members[RunOf(partition, topic.Key.Partitions, members.Count)]].Add(new TopicIdPartition(topic.Key.Id, partition));
        }
        return assigned.ToDictionary(member => member.Key, member => PartitionSet.Of(member.Value));
    }

    /// <summary>Runs differ by one at most; the first ones are the longer ones.</summary>
    private static int RunOf(int partition, int partitions, int runs)
    {
        var (length, longer) = (partitions / runs, partitions % runs);
        var inLonger = longer * (length + 1);
        return partition < inLonger ? partition / (length + 1) : longer + (partition - inLonger) / length;
    }
}
