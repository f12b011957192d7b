using System.Collections.Immutable;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Spreads partitions so that no two members that could exchange one differ by more than one, moving as few as possible: everyone keeps what
/// it has, what is left goes to the member with the least, and then the fullest give to the emptiest until that changes nothing.
/// </summary>
internal sealed class UniformAssignor : IAssignor
{
    public string Name => "uniform";

    public Dictionary<string, ImmutableSortedSet<TopicIdPartition>> Assign(IReadOnlyList<Subscriber> subscribers)
    {
        var subscribersOf = subscribers.SelectMany(subscriber => subscriber.Topics.Select(topic => (topic, subscriber.MemberId)))
            .GroupBy(entry => entry.topic, entry => entry.MemberId)
            .ToDictionary(topic => topic.Key.Id, topic => (Topic: topic.Key, Members: topic.Order(StringComparer.Ordinal).ToList()));
        var load = subscribers.ToDictionary(subscriber => subscriber.MemberId, _ => 0);
        var owner = new SortedDictionary<TopicIdPartition, string>();

        foreach (var subscriber in subscribers.OrderBy(subscriber => subscriber.MemberId, StringComparer.Ordinal))
        {
            foreach (var partition in subscriber.Current.Where(CanKeep))
            {
                owner[partition] = subscriber.MemberId;
                load[subscriber.MemberId]++;
            }

            bool CanKeep(TopicIdPartition partition) => subscribersOf.TryGetValue(partition.TopicId, out var topic)
                && partition.Partition < topic.Topic.Partitions && topic.Members.Contains(subscriber.MemberId) && !owner.ContainsKey(partition);
        }

        foreach (var (topic, members) in subscribersOf.Values.OrderBy(entry => entry.Topic.Id))
        {
            for (var index = 0; index < topic.Partitions; index++)
            {
                var partition = new TopicIdPartition(topic.Id, index);
                if (owner.ContainsKey(partition))
                    continue;
                var emptiest = members.MinBy(member => load[member])!;
                owner[partition] = emptiest;
                load[emptiest]++;
            }
        }
        Balance(owner, load, id => subscribersOf[id].Members);

        var assigned = subscribers.ToDictionary(subscriber => subscriber.MemberId, _ => ImmutableSortedSet.CreateBuilder<TopicIdPartition>());
        foreach (var (partition, member) in owner)
            assigned[member].Add(partition);
        return assigned.ToDictionary(member => member.Key, member => member.Value.ToImmutable());
    }

    private static void Balance(SortedDictionary<TopicIdPartition, string> owner, Dictionary<string, int> load, Func<Guid, List<string>> membersOf)
    {
        var partitions = owner.Keys.ToList();
        bool hasMoved;
        do
        {
            hasMoved = false;
            // Later partitions move first, so that what stays is a prefix and runs stay together.
            for (var i = partitions.Count - 1; i >= 0; i--)
            {
                var from = owner[partitions[i]];
                var to = membersOf(partitions[i].TopicId).MinBy(member => load[member])!;
                if (load[from] - load[to] < 2)
                    continue;
                owner[partitions[i]] = to;
                load[from]--;
                load[to]++;
                hasMoved = true;
            }
        }
        while (hasMoved);
    }
}
