using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// The records that were not delivered. librdkafka reports them as events of the client's main queue, and reports no others. As events, because a flush then waits until the last record is
/// acknowledged and no longer; with a callback it looks again only every 10 ms. A record whose report nobody has taken counts as not flushed, so whoever waits takes reports meanwhile.
/// </summary>
internal sealed unsafe class DeliveryReports(nint client) : IDisposable
{
    // Enough to see what is wrong; a broker that is away fails hundreds of thousands.
    private const int MaxKept = 100;

    private readonly nint _queue = Librdkafka.rd_kafka_queue_get_main(client);
    private readonly List<FailedRecord> _failed = [];

    /// <summary>How many records failed since the last <see cref="Forget"/>.</summary>
    public long Count { get; private set; }

    /// <summary>What to blame: a record that was refused, else the first that failed.</summary>
    public ErrorCode First { get; private set; }

    /// <summary>Some of the records; of each topic that has refused any at least one.</summary>
    public FailedRecord[] Failed => [.. _failed];

    /// <summary>Takes what was reported, and makes the client's other calls back.</summary>
    /// <param name="waitMs">How long to wait for a report when there is none.</param>
    public void Take(int waitMs = 0)
    {
        while (Librdkafka.rd_kafka_queue_poll(_queue, waitMs) is var next and not 0)
        {
            while (Librdkafka.rd_kafka_event_message_next(next) is var message && message != null)
                Add(message);
            Librdkafka.rd_kafka_event_destroy(next);
            waitMs = 0;
        }
    }

    /// <summary>Runs a call in which librdkafka waits for reports to be taken by another thread.</summary>
    public void TakeDuring(Action call)
    {
        const int glanceMs = 10;
        using var isDone = new ManualResetEventSlim();
        var taker = new Thread(() =>
        {
            while (!isDone.IsSet)
                Take(glanceMs);
        }) { IsBackground = true };
        taker.Start();
        try
        {
            call();
        }
        finally
        {
            isDone.Set();
            taker.Join();
        }
    }

    public void Forget()
    {
        _failed.Clear();
        Count = 0;
    }

    public void Dispose() => Librdkafka.rd_kafka_queue_destroy(_queue);

    private void Add(NativeMessage* message)
    {
        if (message->Error == ErrorCode.NoError)
            return;
        var refusal = KafkaError.Refusal(message->Error);
        // What was refused is why the rest of a transaction was dropped.
        if (Count++ == 0 || (refusal != LogRefusal.None && KafkaError.Refusal(First) == LogRefusal.None))
            First = message->Error;
        if (_failed.Count >= MaxKept && refusal == LogRefusal.None)
            return;
        var failed = new FailedRecord(Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_topic_name(message->Topic))!, message->Partition, KafkaError.Text(message->Error)) { Refusal = refusal };
        if (_failed.Count < MaxKept || !_failed.Exists(f => f.Refusal != LogRefusal.None && f.Topic == failed.Topic))
            _failed.Add(failed);
    }
}
