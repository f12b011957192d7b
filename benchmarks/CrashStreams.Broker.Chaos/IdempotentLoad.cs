using Confluent.Kafka;

namespace CrashStreams.Broker.Chaos;

/// <summary>One idempotent producer that lives through all kills, counting upwards in each partition, and what it was told.</summary>
internal sealed class IdempotentLoad(string bootstrapServers, string topic)
{
    private const int MaxInFlight = 500;

    // Written by librdkafka's poll thread, read by the check at the end, when that thread has stopped.
    private readonly List<(long Offset, long Value)>[] _acknowledged = Enumerable.Range(0, ChaosRun.Partitions).Select(_ => new List<(long, long)>()).ToArray();
    private readonly List<string> _problems = [];
    private long _acknowledgedCount;

    public long Acknowledged => Volatile.Read(ref _acknowledgedCount);

    public void Run(CancellationToken stop)
    {
        using var producer = Clients.Producer(Clients.ProducerConfig(bootstrapServers));
        for (var value = 0L; !stop.IsCancellationRequested; value++)
        {
            while (value - Acknowledged > MaxInFlight && !stop.IsCancellationRequested)
                stop.WaitHandle.WaitOne(1);
            producer.Produce(new TopicPartition(topic, (int)(value % ChaosRun.Partitions)), new Message<Null, long> { Value = value }, Delivered);
        }
        if (producer.Flush(TimeSpan.FromSeconds(60)) is > 0 and var left)
            _problems.Add($"{topic}: {left} records were neither acknowledged nor refused.");
    }

    private void Delivered(DeliveryReport<Null, long> report)
    {
        if (report.Error.IsError)
            _problems.Add($"{topic}-{report.Partition.Value}: value {report.Message.Value} was not delivered: {report.Error.Reason}");
        else
            _acknowledged[report.Partition].Add((report.Offset, report.Message.Value));
        Interlocked.Increment(ref _acknowledgedCount);
    }

    /// <summary>Every acknowledged record is where it was said to be, once, in the order of sending, and nothing else is there.</summary>
    public IEnumerable<string> Check()
    {
        var stored = Clients.ReadAll(bootstrapServers, topic);
        for (var partition = 0; partition < ChaosRun.Partitions; partition++)
        {
            var records = stored[partition];
            for (var i = 1; i < records.Count; i++)
                if (records[i].Value <= records[i - 1].Value)
                    yield return $"{topic}-{partition}: value {records[i].Value} at offset {records[i].Offset} follows {records[i - 1].Value}.";
            if (records.Count != _acknowledged[partition].Count)
                yield return $"{topic}-{partition}: {_acknowledged[partition].Count} records were acknowledged, but {records.Count} are there.";
            var byOffset = records.ToDictionary(record => record.Offset, record => record.Value);
            foreach (var (offset, value) in _acknowledged[partition])
                if (!byOffset.TryGetValue(offset, out var found) || found != value)
                    yield return $"{topic}-{partition}: value {value} was acknowledged at offset {offset}, where there is {(byOffset.ContainsKey(offset) ? found : "nothing")}.";
        }
        foreach (var problem in _problems)
            yield return problem;
    }
}
