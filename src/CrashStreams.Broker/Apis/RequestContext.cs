using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Apis;

/// <summary>What a handler may know of a request besides its body.</summary>
internal sealed record RequestContext(ApiVersionRange Api, short Version, ClientIdentity Client, IClientSession Session)
{
    /// <summary>Who has authenticated; null where nobody has to.</summary>
    public string? User => Session.Authentication?.User;

    /// <summary>What the user may do.</summary>
    public UserAccess Access => Session.Authentication?.Access ?? UserAccess.Everything;
}

/// <summary>The connection that a request came from, as handlers see it.</summary>
internal interface IClientSession
{
    /// <summary>Where the client proves who it is; null when no proof is asked for.</summary>
    Authentication? Authentication { get; }

    /// <summary>The client waits for this now; its later requests wait behind it, and it is cancelled when the client leaves.</summary>
    void Await(IWaiting waiting);

    /// <summary>So much memory was taken, in a later turn of the loop, for what the client waits for.</summary>
    void Charge(long bytes);

    /// <summary>What the client waits for depends on others now: their large requests may come first.</summary>
    void GiveWay();

    /// <summary>What the client waited for has been answered, or cancelled.</summary>
    void EndWait();

    /// <summary>Closes the connection: the only answer to a failed produce without acknowledgement.</summary>
    void Close();
}

/// <summary>A request that is answered later, when something happens.</summary>
internal interface IWaiting
{
    /// <summary>Ends it without an answer.</summary>
    void Cancel();
}
