namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// Shares the partitions of a group's topics among its members, as they are when it is made. Where that takes longer than a request may, it runs beside the loop while the group
/// goes on; it touches nothing that changes.
/// </summary>
internal sealed class Assignment
{
    private readonly List<(ConsumerMember Member, int Subscription)> _members;
    private Dictionary<string, PartitionSet> _targets = [];

    /// <param name="epoch">The group epoch that it is made for.</param>
    /// <param name="assignor">How.</param>
    /// <param name="members">Those of the group.</param>
    /// <param name="topicsOf">What each subscribes to.</param>
    public Assignment(int epoch, IAssignor assignor, IEnumerable<ConsumerMember> members, Func<ConsumerMember, SubscribedTopics> topicsOf)
    {
        (Epoch, Assignor) = (epoch, assignor);
        _members = [.. members.Select(member => (member, member.SubscriptionVersion))];
        Subscribers = [.. _members.Select(of => new Subscriber(of.Member.Id, of.Member.InstanceId, topicsOf(of.Member), of.Member.Target))];
    }

    public int Epoch { get; }

    public IAssignor Assignor { get; }

    public IReadOnlyList<Subscriber> Subscribers { get; }

    /// <summary>What is looked at, members, topics of each and partitions: a thousand take about a millisecond.</summary>
    /// <param name="partitions">Of all topics.</param>
    public long Elements(long partitions) => partitions + Subscribers.Sum(subscriber => 1L + subscriber.Topics.Count);

    public void Make()
    {
        _targets = Assignor.Assign(Subscribers);
        foreach (var subscriber in Subscribers)
        {
            if (_targets[subscriber.MemberId].SetEquals(subscriber.Current))
                _targets[subscriber.MemberId] = subscriber.Current;
        }
    }

    /// <summary>Gives the members what they are to have. False: some are gone, or subscribe to other topics by now; they stay as they are, and another assignment is due.</summary>
    /// <param name="currentOf">The member of an id; null when there is none.</param>
    public bool TryApply(Func<string, ConsumerMember?> currentOf)
    {
        var areAllAsTheyWere = true;
        foreach (var (member, subscription) in _members)
        {
            if (currentOf(member.Id) != member || member.SubscriptionVersion != subscription)
                areAllAsTheyWere = false;
            else if (_targets[member.Id] != member.Target)
                (member.Target, member.IsUnwritten) = (_targets[member.Id], true);
        }
        return areAllAsTheyWere;
    }
}
