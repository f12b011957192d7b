using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// The clients of one life of a thread. When the life ends, however it does, all of them end: one that was left would stay a member of the group and keep its partitions. Used by the
/// thread alone: a client that outlives the thread is made by the application's.
/// </summary>
internal sealed class ThreadClients(ILogClients inner, ILogger logger) : ForwardingClients(inner), IDisposable
{
    private readonly ILogClients _inner = inner;

    // By id, in the order of their creation. A thread has one client of an id at a time: another one replaces that which its user has ended.
    private readonly OrderedDictionary<string, IDisposable> _clients = new(StringComparer.Ordinal);
    private bool _isDisposed;

    public override ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => Keep(clientId, () => _inner.CreateConsumer(clientId, groupId, readCommitted));

    public override ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => Keep(clientId, () => _inner.CreateRestoreConsumer(clientId, readCommitted));

    public override ILogProducer CreateProducer(string clientId, string? transactionalId) => Keep(clientId, () => _inner.CreateProducer(clientId, transactionalId));

    public override ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) => Keep(clientId, () => _inner.CreateProducer(clientId, transactionalId, maxBatchBytes));

    public override ILogAdmin CreateAdmin(string clientId) => Keep(clientId, () => _inner.CreateAdmin(clientId));

    /// <summary>Ends what was not ended yet, the last one first; clients may be disposed of twice. A client that can't even be ended keeps no other from it.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        for (var i = _clients.Count - 1; i >= 0; i--)
            End(_clients.GetAt(i).Value);
        _clients.Clear();
    }

    private T Keep<T>(string clientId, Func<T> create)
        where T : IDisposable
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_clients.Remove(clientId, out var replaced))
            End(replaced);
        var client = create();
        _clients.Add(clientId, client);
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
            logger.ClientNotClosed(e, client.GetType().Name, e.Message);
        }
    }
}
