namespace CrashStreams.Log;

/// <summary>Writes records. Used by one thread. Records to one partition keep their order; none is written twice by a retry.</summary>
public interface ILogProducer : IDisposable
{
    /// <summary>The number of partitions of a topic (cached).</summary>
    /// <exception cref="LogException">There is no such topic, or it can't be asked for.</exception>
    int PartitionCount(string topic);

    /// <summary>The largest record that the client takes, in bytes on the wire.</summary>
    int MaxRecordBytes => int.MaxValue;

    /// <summary>Whether records are compressed on their way, so that only the broker knows if one is too large for its topic.</summary>
    bool Compresses => false;

    /// <summary>
    /// Queues a record; its bytes are copied before the call returns. Waits only when the client's buffer is full.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition, or <see cref="AnyPartition"/> to let the client spread keyless records.</param>
    /// <param name="record">Key, value, timestamp (milliseconds; -1: the client's clock) and headers; its offset and partition index are ignored.</param>
    /// <exception cref="LogException">
    /// The record can't be queued (too large, unknown partition, fatal client error); or, with <see cref="LogException.Failed"/>, records that were queued before were not written.
    /// </exception>
    void Send(string topic, int partition, in LogRecord record);

    /// <summary>
    /// Waits until every queued record is acknowledged. Failures since the last flush are all told in one exception.
    /// </summary>
    /// <exception cref="LogException">At least one record was not written.</exception>
    void Flush();

    /// <summary>Likewise, for so long at most (zero: do not wait). Answers whether every queued record is acknowledged. By default it waits like <see cref="Flush"/>.</summary>
    /// <param name="patience">How long to wait.</param>
    bool TryFlush(TimeSpan patience)
    {
        Flush();
        return true;
    }

    /// <summary>Prepares for transactions: fences earlier producers of the same transactional id and finishes what they left.</summary>
    void InitTransactions();

    /// <summary>Begins a transaction; what is sent from now on belongs to it.</summary>
    void BeginTransaction();

    /// <summary>Flushes, adds the consumer's offsets to the transaction and commits it: all or nothing.</summary>
    /// <exception cref="LogException">It was not committed: abort it and go on, or close when <see cref="LogException.IsFenced"/> or <see cref="LogException.IsFatal"/>.</exception>
    void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity);

    /// <summary>Drops what was sent since <see cref="BeginTransaction"/>.</summary>
    void AbortTransaction();

    /// <summary>Partition number that leaves the choice to the client.</summary>
    const int AnyPartition = -1;
}
