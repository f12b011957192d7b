using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>Writes the log in memory. In a transaction nothing is seen before it commits. Topics that do not exist are made, with one partition.</summary>
internal sealed class MemoryProducer(MemoryLog log) : ILogProducer
{
    // Kafka's default, message.max.bytes.
    private const int MaxRecordBytes = 1024 * 1024;

    private readonly List<(string Topic, int Partition, RawRecord Record)> _uncommitted = [];
    private bool _inTransaction;
    private int _next;

    public int PartitionCount(string topic)
    {
        log.Create(topic, 1);
        return log.PartitionCount(topic)!.Value;
    }

    public void Send(string topic, int partition, in LogRecord record)
    {
        if (record.Key.Length + record.Value.Length > MaxRecordBytes)
            throw new LogException($"A record of {record.Key.Length + record.Value.Length} bytes is too large for '{topic}'.");
        var count = PartitionCount(topic);
        if (partition == ILogProducer.AnyPartition)
            partition = _next++ % count;
        if (_inTransaction)
        {
            _uncommitted.Add((topic, partition, new RawRecord(
                partition, -1, record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, record.Timestamp, record.Headers)));
            return;
        }

        log.Append(topic, partition, in record);
    }

    public void Flush()
    {
    }

    public void InitTransactions()
    {
    }

    public void BeginTransaction() => _inTransaction = true;

    public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
    {
        _inTransaction = false;
        foreach (var (topic, partition, record) in _uncommitted)
        {
            log.Append(topic, partition, new LogRecord
            {
                Key = record.Key, HasKey = record.Key is not null, Value = record.Value, HasValue = record.Value is not null,
                Timestamp = record.Timestamp, Headers = record.Headers,
            });
        }

        _uncommitted.Clear();
        ((ILogConsumer)groupIdentity).Commit(offsets);
    }

    public void AbortTransaction()
    {
        _inTransaction = false;
        _uncommitted.Clear();
    }

    public void Dispose()
    {
    }
}
