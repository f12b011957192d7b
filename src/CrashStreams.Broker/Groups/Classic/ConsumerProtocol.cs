using System.Buffers.Binary;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>
/// What consumers put into the classic protocol's bytes: subscriptions and assignments, each after the int16 version of its layout. Clients may put anything there; what
/// can't be read is nobody's.
/// </summary>
internal static class ConsumerProtocol
{
    /// <summary>A newer layout begins with the fields of this one.</summary>
    private const short NewestVersion = 3;

    private const int MaxElements = 120_000;

    /// <summary>Assignors of client libraries. What they put beside assignments is for themselves, and a group can go on without it.</summary>
    private static readonly HashSet<string> s_knownAssignors = ["range", "roundrobin", "sticky", "cooperative-sticky"];

    /// <summary>A member's subscription; null when the bytes are none.</summary>
    public static ConsumerProtocolSubscription? ReadSubscription(byte[] metadata) => Read<ConsumerProtocolSubscription>(metadata);

    /// <summary>The partitions of an assignment that exist; null when the bytes are none, or hold what an assignor of the clients' own put there and only they can read.</summary>
    public static PartitionSet? ReadAssignment(byte[] assignment, string? assignor, ITopicView topics)
    {
        if (assignment.Length == 0)
            return PartitionSet.Empty;
        if (Read<ConsumerProtocolAssignment>(assignment) is not { } read || (read.UserData is { Length: > 0 } && !s_knownAssignors.Contains(assignor ?? "")))
            return null;
        return Partitions(read.AssignedPartitions.Select(topic => (topic.Topic, topic.Partitions)), topics);
    }

    /// <summary>Those of the named partitions that exist.</summary>
    public static PartitionSet Partitions(IEnumerable<(string Topic, List<int> Indexes)> named, ITopicView topics)
    {
        var partitions = new List<TopicIdPartition>();
        foreach (var (name, indexes) in named)
            if (topics.TryGet(name, out var topic))
                partitions.AddRange(indexes.Where(index => (uint)index < (uint)topic.Partitions).Select(index => new TopicIdPartition(topic.Id, index)));
        return PartitionSet.Of(partitions);
    }

    /// <summary>An assignment in the layout of the member's subscription.</summary>
    public static byte[] WriteAssignment(PartitionSet partitions, byte[] metadata, ITopicView topics)
    {
        var assignment = new ConsumerProtocolAssignment();
        foreach (var (topicId, indexes) in partitions.ByTopic())
            if (topics.TryGet(topicId, out var info))
                assignment.AssignedPartitions.Add(new() { Topic = info.Name, Partitions = indexes });
        var version = VersionOf(metadata) ?? 0;
        using var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        writer.WriteInt16(version);
        assignment.Write(ref writer, version);
        return buffer.ToArray();
    }

    private static T? Read<T>(byte[] bytes)
        where T : class, IWireStruct<T>
    {
        if (VersionOf(bytes) is not { } version)
            return null;
        try
        {
            var reader = new WireReader(bytes.AsMemory(sizeof(short)), MaxElements);
            return T.Read(ref reader, version);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static short? VersionOf(byte[] bytes) =>
        bytes.Length >= sizeof(short) && BinaryPrimitives.ReadInt16BigEndian(bytes) is >= 0 and var version ? Math.Min(version, NewestVersion) : null;
}
