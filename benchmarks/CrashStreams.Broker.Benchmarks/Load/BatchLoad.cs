using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Broker.Benchmarks.Load;

/// <summary>
/// The same records through librdkafka's C API, as CrashStreams itself uses it: batches read, no report for a delivered record. A third or half of the
/// processor time of <see cref="ClientLoad"/>, so that on a small machine more of what is measured is the broker.
/// </summary>
internal static class BatchLoad
{
    private const int ValueBytes = 157;
    private const int FetchAheadBytes = 64 << 20;

    public static LoadResult Produce(string bootstrap, string topic, long records)
    {
        using var producer = Clients(bootstrap).CreateProducer("load", null);
        var partitions = producer.PartitionCount(topic);
        var keys = Enumerable.Range(0, 1024).Select(user => Encoding.UTF8.GetBytes($"user{user:0000}")).ToArray();
        var value = new byte[ValueBytes];
        new Random(1).NextBytes(value);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0L; i < records; i++)
            producer.Send(topic, (int)(i % partitions), new LogRecord { HasKey = true, Key = keys[i & 1023], HasValue = true, Value = value, Timestamp = -1 });
        producer.Flush();
        return new LoadResult(records / Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 0, 0);
    }

    /// <summary>Reads a topic from the beginning; the rate is from the first record on.</summary>
    public static async Task<LoadResult> ConsumeAsync(string bootstrap, string topic, long records)
    {
        var clients = Clients(bootstrap);
        using var admin = clients.CreateAdmin("load");
        var partitions = (await admin.PartitionCountsAsync([topic], default))[topic];
        using var consumer = clients.CreateRestoreConsumer("load", readCommitted: false);
        consumer.Assign(Enumerable.Range(0, partitions).ToDictionary(index => new TopicPartition(topic, index), _ => 0L));
        long start = 0, first = 0, count = 0;
        for (var last = Stopwatch.GetTimestamp(); count < records;)
        {
            var read = consumer.Poll(TimeSpan.FromMilliseconds(100)).Count;
            count += read;
            if (read > 0)
                last = Stopwatch.GetTimestamp();
            else if (Stopwatch.GetElapsedTime(last) > TimeSpan.FromMinutes(1))
                throw new TimeoutException($"Only {count} of {records} records came.");
            if (start == 0 && count > 0)
                (start, first) = (last, count);
        }
        return new LoadResult((count - first) / Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 0, 0);
    }

    private static KafkaLogClients Clients(string bootstrap) => new(new KafkaOptions
    {
        BootstrapServers = bootstrap,
        Linger = TimeSpan.FromMilliseconds(5),
        FetchAheadBytes = FetchAheadBytes,
        FetchAheadRecords = 1_000_000,
        ConsumerProperties = new Dictionary<string, string>
        {
            ["fetch.max.bytes"] = (50 << 20).ToString(CultureInfo.InvariantCulture),
            ["fetch.queue.backoff.ms"] = "1",
        },
    });
}
