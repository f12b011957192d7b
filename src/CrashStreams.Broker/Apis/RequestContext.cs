using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Apis;

/// <summary>What a handler may know of a request besides its body.</summary>
internal sealed record RequestContext(ApiVersionRange Api, short Version, ClientIdentity Client, IClientSession Session);

/// <summary>The connection that a request came from, as handlers see it.</summary>
internal interface IClientSession
{
    /// <summary>Who the client proved to be; null before that, and where no proof is asked for.</summary>
    string? Principal { get; }

    /// <summary>Closes the connection: the only answer to a failed produce without acknowledgement.</summary>
    void Close();
}
