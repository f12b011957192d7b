using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>What the journal keeps of a classic group: the last stable generation, or that it is empty.</summary>
internal sealed record ClassicGroupSnapshot(
    int Generation, string? ProtocolType, string? ProtocolName, string? LeaderId, long SinceMs, IReadOnlyList<SavedClassicMember> Members)
{
    public ClassicGroupSnapshot(int generation, string? protocolType, string? protocolName, string? leaderId, long sinceMs, IReadOnlyList<ClassicMember> members)
        : this(generation, protocolType, protocolName, leaderId, sinceMs, [.. members.Select(member => new SavedClassicMember(
            member.Id, member.InstanceId, member.Client, member.SessionTimeoutMs, member.RebalanceTimeoutMs, member.Protocols, member.Assignment))])
    {
    }
}

internal sealed record SavedClassicMember(
    string Id, string? InstanceId, ClientIdentity Client, int SessionTimeoutMs, int RebalanceTimeoutMs, IReadOnlyList<MemberProtocol> Protocols, byte[] Assignment);

/// <summary>
/// The journal record of a classic group (in the `__consumer_offsets` topic).
/// <code>
/// kind 3   key: 3, group   value v1: generation i32, protocol type?, protocol name?, leader id?, empty since ms i64,
///                          members [id, instance id?, client id, host, session timeout i32, rebalance timeout i32,
///                                   protocols [name, metadata bytes], assignment bytes]
/// </code>
/// </summary>
internal static class ClassicGroupRecords
{
    public const byte Kind = 3;
    private const byte Version = 1;

    public static JournalEntry Forget(string groupId) => new(Key(groupId), null);

    public static JournalEntry Of(string groupId, ClassicGroupSnapshot group) => new(Key(groupId), JournalLayout.Build(Version, value =>
    {
        value.Write(group.Generation);
        value.WriteNullable(group.ProtocolType);
        value.WriteNullable(group.ProtocolName);
        value.WriteNullable(group.LeaderId);
        value.Write(group.SinceMs);
        value.WriteList(group.Members, member =>
        {
            value.Write(member.Id);
            value.WriteNullable(member.InstanceId);
            value.Write(member.Client.ClientId);
            value.Write(member.Client.Host);
            value.Write(member.SessionTimeoutMs);
            value.Write(member.RebalanceTimeoutMs);
            value.WriteList(member.Protocols, protocol =>
            {
                value.Write(protocol.Name);
                value.WriteBytes(protocol.Metadata);
            });
            value.WriteBytes(member.Assignment);
        });
    }));

    public static ClassicGroupSnapshot Read(ReadOnlySpan<byte> value)
    {
        var reader = JournalLayout.OpenValue(value, Version);
        return new ClassicGroupSnapshot(
            reader.ReadInt32(), reader.ReadNullable(), reader.ReadNullable(), reader.ReadNullable(), reader.ReadInt64(),
            reader.ReadList(() => new SavedClassicMember(
                reader.ReadString(), reader.ReadNullable(), new ClientIdentity(reader.ReadString(), reader.ReadString()), reader.ReadInt32(), reader.ReadInt32(),
                reader.ReadList(() => new MemberProtocol(reader.ReadString(), reader.ReadBytes())), reader.ReadBytes())));
    }

    private static byte[] Key(string groupId) => JournalLayout.Build(Kind, key => key.Write(groupId));
}
