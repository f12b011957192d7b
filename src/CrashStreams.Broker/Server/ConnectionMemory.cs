namespace CrashStreams.Broker.Server;

/// <summary>
/// What requests and unsent answers of all connections hold together. One connection's share is measured by what it makes the process allocate: its
/// frames, the objects that they become, and those that its answers are made of.
/// </summary>
internal sealed class ConnectionMemory(Limits limits)
{
    private long _held; // shared: connections add and remove on their own threads

    public long Held => Volatile.Read(ref _held);

    public void Add(long bytes) => Interlocked.Add(ref _held, bytes);

    /// <summary>Whether a connection that holds so much already has to send answers before it may send more requests.</summary>
    public bool IsSpent(long own) => own >= (Held > limits.AllConnectionsBytes ? limits.ConnectionBytesWhenFull : limits.ConnectionBytes);

    /// <summary>Whether a connection may read more of a large request: it fits besides what the others hold, or they hold little.</summary>
    public bool HasRoom(long own, long more)
    {
        var others = Held - own;
        return own + more <= limits.ConnectionBytesWhenFull || others + own + more <= limits.AllConnectionsBytes || others <= limits.AllConnectionsBytes / 4;
    }
}
