using System.Buffers.Binary;
using System.Collections.Immutable;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Classic;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>
/// The journal records of a KIP-848 group (in the `__consumer_offsets` topic).
/// <code>
/// kind 4, group    key: 4, group              value v1: group epoch i32, target epoch i32, assignor, empty since ms i64
/// kind 5, member   key: 5, group, member id   value v3: instance id?, rack?, client id, host, rebalance timeout i32, topic names [text],
///                                             pattern?, assignor?, epoch i32, previous epoch i32, state u8,
///                                             assigned, revoking and target: [topic id 16 bytes, partition i32],
///                                             since v2: epochs of assigned, epochs of revoking: [i32], as they were given
///                                             since v3: prefix of the topics that its user may read,
///                                             bool classic, and if it is: session timeout i32, protocols [name, metadata bytes]
/// </code>
/// </summary>
internal static class ConsumerGroupRecords
{
    public const byte GroupKind = 4;
    public const byte MemberKind = 5;
    private const byte GroupVersion = 1;
    private const byte MemberVersion = 3;
    private const byte EpochsVersion = 2;
    private const byte ClassicVersion = 3;
    private const int IdBytes = 16;

    public static JournalEntry ForgetGroup(string groupId) => new(GroupKey(groupId), null);

    public static JournalEntry ForgetMember(string groupId, string memberId) => new(MemberKey(groupId, memberId), null);

    public static JournalEntry OfGroup(string groupId, int groupEpoch, int targetEpoch, string assignor, long emptySinceMs) =>
        new(GroupKey(groupId), JournalLayout.Build(GroupVersion, value =>
        {
            value.Write(groupEpoch);
            value.Write(targetEpoch);
            value.Write(assignor);
            value.Write(emptySinceMs);
        }));

    public static (int GroupEpoch, int TargetEpoch, string Assignor, long EmptySinceMs) ReadGroup(ReadOnlySpan<byte> value)
    {
        var reader = JournalLayout.OpenValue(value, GroupVersion);
        return (reader.ReadInt32(), reader.ReadInt32(), reader.ReadString(), reader.ReadInt64());
    }

    public static JournalEntry OfMember(string groupId, ConsumerMember member) => new(MemberKey(groupId, member.Id), JournalLayout.Build(MemberVersion, value =>
    {
        value.WriteNullable(member.InstanceId);
        value.WriteNullable(member.RackId);
        value.Write(member.Client.ClientId);
        value.Write(member.Client.Host);
        value.Write(member.RebalanceTimeoutMs);
        value.WriteList(member.TopicNames, value.Write);
        value.WriteNullable(member.Pattern?.Text);
        value.WriteNullable(member.Assignor);
        value.Write(member.Epoch);
        value.Write(member.PreviousEpoch);
        value.Write((byte)member.State);
        WritePartitions(value, member.Assigned);
        WritePartitions(value, member.Revoking);
        WritePartitions(value, member.Target);
        value.WriteList(member.Assigned, partition => value.Write(member.GivenAt[partition]));
        value.WriteList(member.Revoking, partition => value.Write(member.GivenAt[partition]));
        value.Write(member.TopicPrefix);
        value.Write(member.Classic is not null);
        if (member.Classic is not { } classic)
            return;
        value.Write(classic.SessionTimeoutMs);
        value.WriteList(classic.Protocols, protocol =>
        {
            value.Write(protocol.Name);
            value.WriteBytes(protocol.Metadata);
        });
    }));

    /// <summary>Reads a member into one that <paramref name="create"/> makes for its id and instance id.</summary>
    public static ConsumerMember ReadMember(string memberId, ReadOnlySpan<byte> value, Func<string, string?, ConsumerMember> create)
    {
        var version = value[0];
        var reader = JournalLayout.OpenValue(value, MemberVersion);
        var member = create(memberId, reader.ReadNullable());
        member.RackId = reader.ReadNullable();
        member.Client = new ClientIdentity(reader.ReadString(), reader.ReadString());
        member.RebalanceTimeoutMs = reader.ReadInt32();
        member.TopicNames = reader.ReadList(reader.ReadString).ToImmutableSortedSet(StringComparer.Ordinal);
        if (reader.ReadNullable() is { } text && TopicPattern.TryParse(text, int.MaxValue, out var pattern))
            member.Pattern = pattern;
        member.Assignor = reader.ReadNullable();
        member.Epoch = reader.ReadInt32();
        member.PreviousEpoch = reader.ReadInt32();
        member.State = (ReconciliationState)reader.ReadByte();
        member.Assigned = ReadPartitions(reader);
        member.Revoking = ReadPartitions(reader);
        member.Target = ReadPartitions(reader);
        member.GivenAt = new Dictionary<TopicIdPartition, int>([.. Epochs(member.Assigned), .. Epochs(member.Revoking)]);
        if (version >= ClassicVersion)
        {
            member.TopicPrefix = reader.ReadString();
            if (reader.ReadBoolean())
                member.Classic = new ClassicProtocols(reader.ReadInt32(), reader.ReadList(() => new MemberProtocol(reader.ReadString(), reader.ReadBytes())));
        }
        member.IsUnwritten = false;
        return member;

        IEnumerable<KeyValuePair<TopicIdPartition, int>> Epochs(PartitionSet partitions)
        {
            var epochs = version < EpochsVersion ? Enumerable.Repeat(Math.Max(0, member.Epoch), partitions.Count) : reader.ReadList(reader.ReadInt32);
            return partitions.Zip(epochs, KeyValuePair.Create);
        }
    }

    private static void WritePartitions(BinaryWriter value, PartitionSet partitions)
    {
        value.Write7BitEncodedInt(partitions.Count);
        Span<byte> bytes = stackalloc byte[IdBytes + sizeof(int)];
        foreach (var (topicId, partition) in partitions.AsSpan())
        {
            topicId.TryWriteBytes(bytes, bigEndian: true, out _);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[IdBytes..], partition);
            value.Write(bytes);
        }
    }

    private static PartitionSet ReadPartitions(BinaryReader reader) =>
        PartitionSet.Of(reader.ReadList(() => new TopicIdPartition(new Guid(reader.ReadBytes(IdBytes), bigEndian: true), reader.ReadInt32())));

    private static byte[] GroupKey(string groupId) => JournalLayout.Build(GroupKind, key => key.Write(groupId));

    private static byte[] MemberKey(string groupId, string memberId) => JournalLayout.Build(MemberKind, key =>
    {
        key.Write(groupId);
        key.Write(memberId);
    });
}
