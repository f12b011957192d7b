using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// The clients of one life of a thread. When the life ends, however it does, all of them end: one that was left would stay a member of the group and keep its partitions.
/// </summary>
internal sealed class ThreadClients(ILogClients inner, ILogger logger) : ILogClients, IDisposable
{
    // The instance directory creates a client in a task of its own.
    private readonly Lock _lock = new();
    private readonly Stack<IDisposable> _created = [];
    private bool _isDisposed;

    public string? InstanceName => inner.InstanceName;

    public string? Address => inner.Address;

    public string? ConnectionFault => inner.ConnectionFault;

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => Keep(inner.CreateConsumer(clientId, groupId, readCommitted));

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => Keep(inner.CreateRestoreConsumer(clientId, readCommitted));

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => Keep(inner.CreateProducer(clientId, transactionalId));

    public ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) => Keep(inner.CreateProducer(clientId, transactionalId, maxBatchBytes));

    public ILogAdmin CreateAdmin(string clientId) => Keep(inner.CreateAdmin(clientId));

    /// <summary>Ends what was not ended yet; clients may be disposed of twice. A client that can't even be ended keeps no other from it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_created.TryPop(out var client))
                End(client);
        }
    }

    private T Keep<T>(T client)
        where T : IDisposable
    {
        lock (_lock)
        {
            if (!_isDisposed)
                _created.Push(client);
            else
                End(client);
        }

        return client;
    }

    private void End(IDisposable client)
    {
        try
        {
            client.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            logger.LogError(e, "A {Client} could not be closed: {Reason}", client.GetType().Name, e.Message);
        }
    }
}
