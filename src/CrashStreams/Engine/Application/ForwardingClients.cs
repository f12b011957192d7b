using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>Another log's clients, every member of them: what a derived class does not override is the other's, not the interface's default.</summary>
internal abstract class ForwardingClients(ILogClients inner) : ILogClients
{
    public string? InstanceName => inner.InstanceName;

    public string? Address => inner.Address;

    public string? ConnectionFault => inner.ConnectionFault;

    public TimeSpan? TransactionTimeout => inner.TransactionTimeout;

    public virtual ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => inner.CreateConsumer(clientId, groupId, readCommitted);

    public virtual ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

    public virtual ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

    public virtual ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) => inner.CreateProducer(clientId, transactionalId, maxBatchBytes);

    public virtual ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    public virtual void RunAside(Action work) => inner.RunAside(work);
}
