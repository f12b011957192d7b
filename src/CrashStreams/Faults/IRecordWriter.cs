using CrashStreams.Log;

namespace CrashStreams.Faults;

/// <summary>The way out of a task: results, and records that go to a side topic. Written records become visible with the next commit.</summary>
internal interface IRecordWriter
{
    int PartitionCount(string topic);

    /// <summary>The largest record that the client and the topic take, in bytes on the wire.</summary>
    long MaxRecordBytes(string topic);

    /// <summary>The time nearest to a record's own that a topic takes.</summary>
    long FitTime(string topic, long timestampMs);

    /// <summary>Queues a record.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition, or <see cref="ILogProducer.AnyPartition"/>.</param>
    /// <param name="record">Its bytes are copied.</param>
    /// <exception cref="LogException">
    /// Neither retriable, fenced nor fatal: the log refuses this record, and it was not sent. Else the thread has to begin again.
    /// </exception>
    void Send(string topic, int partition, in LogRecord record);

    /// <summary>Queues a record for other tasks of the application, which may travel in a pack with others.</summary>
    /// <param name="topic">A repartition topic.</param>
    /// <param name="partition">The partition, or <see cref="ILogProducer.AnyPartition"/>.</param>
    /// <param name="record">Its bytes are copied.</param>
    /// <param name="readAt">What it takes along (<see cref="Time.ReadAt"/>); null: nothing.</param>
    /// <exception cref="LogException">As <see cref="Send"/>.</exception>
    void Shuffle(string topic, int partition, in LogRecord record, byte[]? readAt);
}
