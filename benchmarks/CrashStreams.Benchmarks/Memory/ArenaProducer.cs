using CrashStreams.Log;

namespace CrashStreams.Benchmarks.Memory;

/// <summary>Keeps what goes to the repartition topic until the next poll, and counts the rest.</summary>
internal sealed class ArenaProducer(ArenaLog log) : ILogProducer
{
    private ArenaBatch _written = new(log.Partitions);
    private ArenaBatch _read = new(log.Partitions);

    /// <summary>Records written to the repartition topic, markers included.</summary>
    public long Repartitioned { get; private set; }

    /// <summary>Records written to other topics.</summary>
    public long Others { get; private set; }

    public int PartitionCount(string topic) => log.PartitionCount;

    public void Send(string topic, int partition, in LogRecord record)
    {
        if (topic != log.RepartitionTopic)
        {
            Others++;
            return;
        }

        Repartitioned++;
        var index = log.RepartitionIndex + partition;
        _written.Add(index, log.Ends[index]++, in record);
    }

    /// <summary>What was written since the last call.</summary>
    public LogBatch TakeWritten()
    {
        (_read, _written) = (_written, _read);
        _written.Clear();
        return _read.Show(0, _read.Total);
    }

    public void Flush()
    {
    }

    public void InitTransactions()
    {
    }

    public void BeginTransaction()
    {
    }

    public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
    {
    }

    public void AbortTransaction()
    {
    }

    public void Dispose()
    {
    }
}
