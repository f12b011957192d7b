namespace CrashStreams.Log;

/// <summary>Makes an application's clients of one partitioned log: Apache Kafka, or the test driver's in memory.</summary>
public interface ILogClients
{
    /// <summary>
    /// What the instance is called, of all that share the application id, and will be called when it starts again; null (default) when that is not known.
    /// Its clients have the same ids then, which is what static membership and the fencing of a predecessor's transaction need.
    /// </summary>
    string? InstanceName => null;

    /// <summary>Where the log is, for messages; null (default) when there is nothing to say.</summary>
    string? Address => null;

    /// <summary>
    /// Why the log can't be reached, as the clients last saw it: address and reason. Null (default): it has answered since, or nothing failed. Any thread may ask.
    /// </summary>
    string? ConnectionFault => null;

    /// <summary>A consumer that is a member of the application's group.</summary>
    /// <param name="clientId">Names the client in logs and on the broker.</param>
    /// <param name="groupId">The consumer group: the application id.</param>
    /// <param name="readCommitted">Whether records of open and aborted transactions are hidden.</param>
    ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted);

    /// <summary>A consumer without a group that reads assigned partitions (restoring state).</summary>
    ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted);

    /// <summary>A producer; idempotent, and transactional when an id is given.</summary>
    ILogProducer CreateProducer(string clientId, string? transactionalId);

    /// <summary>Likewise; its batches are no larger than the smallest <c>max.message.bytes</c> of the topics that it is to write, because a broker refuses larger ones as a whole.</summary>
    /// <param name="clientId">Names the client in logs and on the broker.</param>
    /// <param name="transactionalId">For transactions.</param>
    /// <param name="maxBatchBytes">The most bytes of a batch of more than one record.</param>
    ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) => CreateProducer(clientId, transactionalId);

    /// <summary>An admin client.</summary>
    ILogAdmin CreateAdmin(string clientId);

    /// <summary>
    /// Runs aside what may wait long and is only advice, so that no stream thread waits for it; by default on the thread pool. It throws nothing. Clients in memory run it at once.
    /// </summary>
    void RunAside(Action work) => Task.Run(work);

    /// <summary>How long the log lets a transaction be open before it aborts it; null (default) when that is not known.</summary>
    TimeSpan? TransactionTimeout => null;
}
