namespace CrashStreams.Broker.Server;

/// <summary>
/// What requests and unsent answers of all connections hold together. One connection's share is measured by what it makes the process allocate: its
/// frames, the objects that they become, and those that its answers are made of.
/// </summary>
internal sealed class ConnectionMemory(Limits limits)
{
    private long _held; // shared: connections add and remove on their own threads
    private int _waiting; // shared: connections that wait for room

    public long Held => Volatile.Read(ref _held);

    /// <summary>Whether others could use what is held.</summary>
    public bool IsShort => Held > limits.AllConnectionsBytes || Volatile.Read(ref _waiting) > 0;

    /// <summary>Says that a connection waits for room, until what is returned is disposed.</summary>
    public IDisposable Wait()
    {
        Interlocked.Increment(ref _waiting);
        return new Waiting(this);
    }

    public void Add(long bytes) => Interlocked.Add(ref _held, bytes);

    /// <summary>Whether a connection that holds so much already has to send answers before it may send more requests.</summary>
    /// <param name="own">All that it holds.</param>
    /// <param name="objects">What of it requests and answers have become.</param>
    public bool IsSpent(long own, long objects) => Held > limits.AllConnectionsBytes
        ? own >= limits.ConnectionBytesWhenFull
        : own >= limits.ConnectionBytes || objects >= limits.ConnectionObjectBytes;

    /// <summary>Whether a connection may read more of a large request: it fits besides what the others hold, or they hold little.</summary>
    public bool HasRoom(long own, long more)
    {
        var others = Held - own;
        return own + more <= limits.ConnectionBytesWhenFull || others + own + more <= limits.AllConnectionsBytes || others <= limits.AllConnectionsBytes / 4;
    }

    private sealed class Waiting(ConnectionMemory memory) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref memory._waiting);
    }
}
