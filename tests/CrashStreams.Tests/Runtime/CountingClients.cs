using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>Clients in memory that know how many admin clients are open, and a broker that from the threads' start on has no permission for them.</summary>
internal sealed class CountingClients : ILogClients
{
    private readonly MemoryLogClients _inner;
    private int _open;
    private bool _haveThreadsStarted;

    public CountingClients()
    {
        var log = new MemoryLog();
        log.Create("in", 1);
        _inner = new(log);
    }

    /// <summary>Whether a thread's consumer can't be made, nor any admin client after that.</summary>
    public bool Refuses { get; init; }

    public int Open => Volatile.Read(ref _open);

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted)
    {
        if (!Refuses || !clientId.EndsWith("-0-consumer", StringComparison.Ordinal))
            return _inner.CreateConsumer(clientId, groupId, readCommitted);
        _haveThreadsStarted = true;
        throw new LogException("no consumer");
    }

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => _inner.CreateRestoreConsumer(clientId, readCommitted);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => _inner.CreateProducer(clientId, transactionalId);

    public ILogAdmin CreateAdmin(string clientId)
    {
        if (_haveThreadsStarted)
            throw new LogException("no admin client");
        Interlocked.Increment(ref _open);
        return new EndingAdmin(_inner.CreateAdmin(clientId), () => Interlocked.Decrement(ref _open));
    }
}
