namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>A server-side way of sharing partitions among members. A function of its arguments alone.</summary>
internal interface IAssignor
{
    string Name { get; }

    /// <summary>The partitions of each member; every partition of a subscribed topic goes to exactly one of its subscribers.</summary>
    Dictionary<string, PartitionSet> Assign(IReadOnlyList<Subscriber> subscribers);
}

/// <summary>A member as assignors see it. It never changes: large assignments are made beside the loop.</summary>
/// <param name="MemberId">Its id.</param>
/// <param name="InstanceId">Set for a static member: its place is bound to this, not to the member id, which changes with each restart.</param>
/// <param name="Topics">The existing topics that it subscribes to.</param>
/// <param name="Current">What it was to have until now.</param>
internal sealed record Subscriber(string MemberId, string? InstanceId, SubscribedTopics Topics, PartitionSet Current);
