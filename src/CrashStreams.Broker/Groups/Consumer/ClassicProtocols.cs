using CrashStreams.Broker.Groups.Classic;

namespace CrashStreams.Broker.Groups.Consumer;

/// <summary>What a member of the classic protocol brings into a KIP-848 group.</summary>
/// <param name="SessionTimeoutMs">Its own; members of the consumer protocol have the broker's.</param>
/// <param name="Protocols">The assignors that it offers, with its subscription. The first is the one that is told to it.</param>
internal sealed record ClassicProtocols(int SessionTimeoutMs, IReadOnlyList<MemberProtocol> Protocols)
{
    public long Bytes { get; } = Protocols.Sum(protocol => 64L + protocol.Name.Length + protocol.Metadata.Length);

    public bool Offers(string protocol) => Protocols.Any(offered => offered.Name == protocol);
}
