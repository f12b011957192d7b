using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Spreads partitions so that no two members that could exchange one differ by more than one, moving as few as possible: everyone keeps what
/// it has, what is left goes to the member with the least, and then the fullest give to the emptiest until that changes nothing.
/// </summary>
internal sealed class UniformAssignor : IAssignor
{
    /// <summary>
    /// How often all partitions are looked at to even out. Members with the same subscriptions are even after the first time; where subscriptions overlap in long chains, loads that
    /// are not quite even are better than an assignment that takes seconds.
    /// </summary>
    private const int MostPasses = 20;

    private const int Nobody = -1;

    public string Name => "uniform";

    public Dictionary<string, PartitionSet> Assign(IReadOnlyList<Subscriber> subscribers)
    {
        var members = subscribers.OrderBy(subscriber => subscriber.MemberId, StringComparer.Ordinal).ToArray();
        var loads = new MemberLoads(members.Length);
        var topics = TopicsOf(members, loads);
        for (var member = 0; member < members.Length; member++)
            Keep(member, members[member].Current, topics, loads);
        foreach (var topic in topics.Values)
            GiveAway(topic, loads);
        for (var pass = 0; pass < MostPasses && TryEvenOut(topics.Values, loads); pass++)
        {
        }
        return Collect(members, topics.Values);
    }

    /// <summary>In the order of their ids, each with its subscribers.</summary>
    private static SortedDictionary<Guid, SharedTopic> TopicsOf(Subscriber[] members, MemberLoads loads)
    {
        var subscribers = new Dictionary<TopicInfo, List<int>>();
        for (var member = 0; member < members.Length; member++)
        {
            foreach (var topic in members[member].Topics.InOrder())
            {
                if (!subscribers.TryGetValue(topic, out var ofTopic))
                    subscribers[topic] = ofTopic = [];
                ofTopic.Add(member);
            }
        }
        var topics = new SortedDictionary<Guid, SharedTopic>();
        foreach (var (topic, ofTopic) in subscribers)
            topics[topic.Id] = new SharedTopic(topic, loads.Among(ofTopic));
        return topics;
    }

    private static void Keep(int member, PartitionSet current, SortedDictionary<Guid, SharedTopic> topics, MemberLoads loads)
    {
        foreach (var (topicId, partition) in current)
        {
            if (!topics.TryGetValue(topicId, out var topic) || partition >= topic.Owners.Length || topic.Owners[partition] != Nobody || !topic.Subscribers.Contains(member))
                continue;
            topic.Owners[partition] = member;
            loads.Increase(member);
        }
    }

    private static void GiveAway(SharedTopic topic, MemberLoads loads)
    {
        for (var partition = 0; partition < topic.Owners.Length; partition++)
        {
            if (topic.Owners[partition] != Nobody)
                continue;
            topic.Owners[partition] = topic.Subscribers.Emptiest();
            loads.Increase(topic.Owners[partition]);
        }
    }

    /// <summary>False when nothing was left to do.</summary>
    private static bool TryEvenOut(IEnumerable<SharedTopic> topics, MemberLoads loads)
    {
        var hasMoved = false;
        // Later partitions move first, so that what stays is a prefix and runs stay together.
        foreach (var topic in topics.Reverse())
        {
            for (var partition = topic.Owners.Length - 1; partition >= 0; partition--)
            {
                var (from, to) = (topic.Owners[partition], topic.Subscribers.Emptiest());
                if (loads[from] - loads[to] < 2)
                    continue;
                topic.Owners[partition] = to;
                loads.Decrease(from);
                loads.Increase(to);
                hasMoved = true;
            }
        }
        return hasMoved;
    }

    private static Dictionary<string, PartitionSet> Collect(Subscriber[] members, IEnumerable<SharedTopic> topics)
    {
        var assigned = Array.ConvertAll(members, _ => new List<TopicIdPartition>());
        foreach (var topic in topics)
            for (var partition = 0; partition < topic.Owners.Length; partition++)
                assigned[topic.Owners[partition]].Add(new TopicIdPartition(topic.Info.Id, partition));
        return members.Zip(assigned).ToDictionary(pair => pair.First.MemberId, pair => PartitionSet.Of(pair.Second));
    }

    /// <summary>A topic, who may have its partitions, and who has which. Members are known by their place in the order of ids.</summary>
    private sealed record SharedTopic(TopicInfo Info, SubscriberLoads Subscribers)
    {
        public int[] Owners { get; } = [.. Enumerable.Repeat(Nobody, Info.Partitions)];
    }
}
