using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>One way of sharing partitions that a member can take part in, with its subscription as bytes.</summary>
internal sealed record MemberProtocol(string Name, byte[] Metadata);

/// <summary>A member of a classic group, and the requests of it that are held open.</summary>
internal sealed class ClassicMember
{
    private HashSet<string> _protocolNames = [];

    public required string Id { get; init; }

    /// <summary>`group.instance.id` of a static member.</summary>
    public string? InstanceId { get; init; }

    public ClientIdentity Client { get; set; }

    public int SessionTimeoutMs { get; set; }

    public int RebalanceTimeoutMs { get; set; }

    public IReadOnlyList<MemberProtocol> Protocols
    {
        get;
        set
        {
            field = value;
            _protocolNames = value.Select(protocol => protocol.Name).ToHashSet();
        }
    } = [];

    public byte[] Assignment { get; set; } = [];

    /// <summary>Has asked for its assignment in this generation.</summary>
    public bool HasSynced { get; set; }

    /// <summary>Runs only while no request of the member is held: a member that waits for the coordinator doesn't expire.</summary>
    public required Deadline Session { get; init; }

    public Action<JoinGroupResponse>? HeldJoin { get; private set; }

    public Action<SyncGroupResponse>? HeldSync { get; private set; }

    public bool IsStatic => InstanceId is not null;

    public byte[] MetadataFor(string? protocol) => Protocols.FirstOrDefault(offered => offered.Name == protocol)?.Metadata ?? [];

    public bool Offers(string protocol) => _protocolNames.Contains(protocol);

    /// <summary>What it holds, about.</summary>
    public long Bytes => 256 + Id.Length + (InstanceId?.Length ?? 0) + (Client.ClientId?.Length ?? 0) + Protocols.Sum(protocol => (long)protocol.Name.Length + protocol.Metadata.Length) + Assignment.Length;

    public bool HasSame(IReadOnlyList<MemberProtocol> protocols) =>
        Protocols.Count == protocols.Count
        && Protocols.Zip(protocols).All(pair => pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    public void KeepAlive() => Session.SetAfter(SessionTimeoutMs);

    public void Hold(Action<JoinGroupResponse> join)
    {
        HeldJoin = join;
        Session.Clear();
    }

    public void Hold(Action<SyncGroupResponse> sync)
    {
        HeldSync = sync;
        Session.Clear();
    }

    public void Answer(JoinGroupResponse response)
    {
        var reply = HeldJoin;
        HeldJoin = null;
        KeepAlive();
        reply?.Invoke(response);
    }

    public void Answer(SyncGroupResponse response)
    {
        var reply = HeldSync;
        HeldSync = null;
        KeepAlive();
        reply?.Invoke(response);
    }
}
