using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>The clients of an application for what it does aside: its end waits for that, and does not let more of it begin.</summary>
internal sealed class WatchedClients(ILogClients inner, Watches watches) : ForwardingClients(inner)
{
    private readonly ILogClients _inner = inner;

    public override void RunAside(Action work) => watches.RunAside(_inner, work);
}
