using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Clients of a log in memory for one instance: every partition is assigned to the one consumer that subscribes.</summary>
internal sealed class MemoryLogClients(MemoryLog log) : ILogClients
{
    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => new MemoryConsumer(log);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => new MemoryConsumer(log);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => new MemoryProducer(log);

    public ILogAdmin CreateAdmin(string clientId) => new MemoryAdmin(log);

    public void RunAside(Action work) => work();
}
