using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>Everything that a thread's tasks write goes through here: results, markers, changelogs, dead letters.</summary>
internal sealed class RecordCollector(ILogProducer producer, bool isTransactional)
{
    private readonly ByteBuffer _key = new();
    private readonly ByteBuffer _value = new();
    private bool _inTransaction;

    public bool InTransaction => _inTransaction;

    public void Send<TKey, TValue>(string topic, Serde<TKey> keySerde, Serde<TValue> valueSerde, in Record<TKey, TValue> record, Headers? headers)
    {
        _key.Clear();
        _value.Clear();
        if (record.HasKey)
            keySerde.Serialize(record.Key, _key);
        if (record.HasValue)
            valueSerde.Serialize(record.Value, _value);
        SendBytes(topic, record.HasKey, _key.Written, record.HasValue, _value.Written, record.Timestamp, headers);
    }

    public void SendBytes(string topic, bool hasKey, ReadOnlySpan<byte> key, bool hasValue, ReadOnlySpan<byte> value, long timestamp, Headers? headers)
    {
        var partition = hasKey ? Murmur2.Partition(key, producer.PartitionCount(topic)) : ILogProducer.AnyPartition;
        Send(topic, partition, new LogRecord { Key = key, HasKey = hasKey, Value = value, HasValue = hasValue, Timestamp = timestamp, Headers = headers });
    }

    /// <summary>Tells every partition of a repartition topic how far its writer's event time has come.</summary>
    public void SendMarker(string topic, in WatermarkMarker marker)
    {
        var headers = marker.ToHeaders();
        for (var partition = 0; partition < producer.PartitionCount(topic); partition++)
            Send(topic, partition, new LogRecord { Timestamp = Math.Max(0, marker.Watermark), Headers = headers });
    }

    /// <summary>Waits until everything is written, and commits the inputs' offsets with it. At-least-once: first the results, then the offsets.</summary>
    public void Commit(ILogConsumer consumer, IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        if (!isTransactional)
        {
            producer.Flush();
            if (offsets.Count > 0)
                consumer.Commit(offsets);
            return;
        }

        if (offsets.Count == 0 && !_inTransaction)
            return;
        BeginIfNeeded();
        producer.CommitTransaction(offsets, consumer.GroupIdentity);
        _inTransaction = false;
    }

    /// <summary>Drops what was written since the last commit.</summary>
    public void Abort()
    {
        if (!_inTransaction)
            return;
        _inTransaction = false;
        producer.AbortTransaction();
    }

    public void Send(string topic, int partition, in LogRecord record)
    {
        if (isTransactional)
            BeginIfNeeded();
        producer.Send(topic, partition, in record);
    }

    private void BeginIfNeeded()
    {
        if (_inTransaction)
            return;
        producer.BeginTransaction();
        _inTransaction = true;
    }
}
