using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Tests.Simulation;

internal sealed class MutantProducer(
    ILogProducer inner, Mutation mutation, MutantClients.Shared shared, Action<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> commitAside) : ILogProducer
{
    private readonly List<(string Topic, int Partition, byte[]? Key, byte[]? Value, long Timestamp, Headers? Headers)> _held = [];
    private bool _owesFlush;
    private int _sent;

    public void Send(string topic, int partition, in LogRecord record)
    {
        PayFlush();
        if (IsLost(topic, in record))
            return;
        if (record.Headers is { } headers && MarkerRecord.TryRead(headers, out var tasks))
            Send(topic, partition, in record, MarkerRecord.Of([.. tasks.ToList().Select(Changed)]));
        else if (mutation == Mutation.MarkersBeforeRecords && topic.EndsWith("-repartition", StringComparison.Ordinal))
            _held.Add((topic, partition, record.HasKey ? record.Key.ToArray() : null, record.HasValue ? record.Value.ToArray() : null, record.Timestamp, record.Headers));
        else if (mutation == Mutation.ReadAtForgotten || (mutation == Mutation.CorrectionNotMarked && Correction.IsIn(record.Headers)))
            Send(topic, partition, in record, null);
        else
            SendChanged(topic, partition, in record);
    }

    private bool IsLost(string topic, in LogRecord record) => mutation switch
    {
        Mutation.LateRecordsLost => topic == Scenario.Late,
        Mutation.DeadLettersLost => topic == Topologies.PlannedFault.DeadLetters,
        Mutation.NeighbourLost => record.HasKey && ++_sent % 50 == 0,
        Mutation.DeletionsNotLogged => !record.HasValue && topic.EndsWith("-changelog", StringComparison.Ordinal),
        _ => false,
    };

    private void SendChanged(string topic, int partition, in LogRecord record)
    {
        var isShuffle = topic.EndsWith("-repartition", StringComparison.Ordinal);
        switch (mutation)
        {
            case Mutation.TombstoneBecomesValue when isShuffle && !record.HasValue:
                inner.Send(topic, partition, new LogRecord { Key = record.Key, HasKey = record.HasKey, Value = "0"u8, HasValue = true, Timestamp = record.Timestamp, Headers = record.Headers });
                break;
            case Mutation.EventTimeLost when isShuffle:
                inner.Send(topic, partition, new LogRecord
                {
                    Key = record.Key, HasKey = record.HasKey, Value = record.Value, HasValue = record.HasValue, Timestamp = record.Timestamp + 60_000, Headers = record.Headers,
                });
                break;
            case Mutation.WrongPartition when partition >= 0 && !topic.EndsWith("-changelog", StringComparison.Ordinal) && ++_sent % 10 == 0:
                inner.Send(topic, (partition + 1) % inner.PartitionCount(topic), in record);
                break;
            case Mutation.SentTwice when !topic.EndsWith("-changelog", StringComparison.Ordinal) && ++_sent % 20 == 0:
                inner.Send(topic, partition, in record);
                inner.Send(topic, partition, in record);
                break;
            default:
                inner.Send(topic, partition, in record);
                break;
        }
    }

    public void Flush()
    {
        PayFlush();
        SendHeld();
        if (mutation == Mutation.OffsetsBeforeFlush)
            _owesFlush = true;
        else
            inner.Flush();
    }

    public void CommitTransaction(IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, object groupIdentity)
    {
        if (mutation == Mutation.CommitsRefused)
            throw MutantConsumer.Refusal;
        SendHeld();
        if (mutation != Mutation.OffsetsOutsideTransaction)
        {
            inner.CommitTransaction(offsets, groupIdentity);
            return;
        }

        inner.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata>(), groupIdentity);
        if (offsets.Count > 0)
            commitAside(offsets);
    }

    public int PartitionCount(string topic) => inner.PartitionCount(topic);

    public void InitTransactions() => inner.InitTransactions();

    public void BeginTransaction() => inner.BeginTransaction();

    public void AbortTransaction() => inner.AbortTransaction();

    public void Dispose() => inner.Dispose();

    private WatermarkMarker Changed(WatermarkMarker marker)
    {
        shared.HighestWatermark = Math.Max(shared.HighestWatermark, marker.Watermark);
        return mutation switch
        {
            Mutation.ClosedByMaximum => marker with { Watermark = shared.HighestWatermark },
            Mutation.IdlenessNotTold => marker with { IsIdle = false },
            _ => marker,
        };
    }

    private void PayFlush()
    {
        if (_owesFlush)
            inner.Flush();
        _owesFlush = false;
    }

    private void SendHeld()
    {
        foreach (var (topic, partition, key, value, timestamp, headers) in _held)
        {
            var record = new LogRecord { Key = key, HasKey = key is not null, Value = value, HasValue = value is not null, Timestamp = timestamp };
            Send(topic, partition, in record, headers);
        }

        _held.Clear();
    }

    private void Send(string topic, int partition, in LogRecord record, Headers? headers)
    {
        var changed = new LogRecord
        {
            Key = record.Key, HasKey = record.HasKey, Value = record.Value, HasValue = record.HasValue, Timestamp = record.Timestamp, Headers = headers,
        };
        inner.Send(topic, partition, in changed);
    }
}
