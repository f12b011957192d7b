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
        return new Admin(_inner.CreateAdmin(clientId), () => Interlocked.Decrement(ref _open));
    }

    private sealed class Admin(ILogAdmin inner, Action end) : ILogAdmin
    {
        public Task<IReadOnlyDictionary<string, int>> PartitionCountsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.PartitionCountsAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<string, string>> TopicIdsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.TopicIdsAsync(topics, cancellation);

        public Task CreateTopicsAsync(IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation) => inner.CreateTopicsAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> TopicConfigsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) =>
            inner.TopicConfigsAsync(topics, cancellation);

        public Task SetTopicConfigsAsync(string topic, IReadOnlyDictionary<string, string> configs, CancellationToken cancellation) => inner.SetTopicConfigsAsync(topic, configs, cancellation);

        public Task DeleteTopicsAsync(IReadOnlyCollection<string> topics, CancellationToken cancellation) => inner.DeleteTopicsAsync(topics, cancellation);

        public Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> OffsetsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellation) =>
            inner.OffsetsAsync(partitions, cancellation);

        public Task DeleteRecordsAsync(IReadOnlyDictionary<TopicPartition, long> beforeOffsets, CancellationToken cancellation) => inner.DeleteRecordsAsync(beforeOffsets, cancellation);

        public void Dispose() => end();
    }
}
