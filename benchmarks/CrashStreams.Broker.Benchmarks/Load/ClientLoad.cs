using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CrashStreams.Broker.Benchmarks.Load;

/// <summary>Records of 165 B (an 8 byte key, a 157 byte value) through librdkafka, with the settings that the comparison with Apache Kafka uses.</summary>
internal static class ClientLoad
{
    private const int ValueBytes = 157;

    public static async Task CreateTopicAsync(string bootstrap, string topic, int partitions)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    /// <summary>Produces with acks=all, as fast as it goes or at a fixed rate; the latency is from the call to its report.</summary>
    public static LoadResult Produce(string bootstrap, string topic, long records, int perSecond = 0)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
        {
            BootstrapServers = bootstrap,
            Acks = Acks.All,
            LingerMs = perSecond > 0 ? 1 : 5,
            BatchSize = 256 << 10,
            QueueBufferingMaxKbytes = 32 << 10,
            QueueBufferingMaxMessages = 0,
            DeliveryReportFields = "status",
        }).Build();
        var keys = Enumerable.Range(0, 1024).Select(user => System.Text.Encoding.UTF8.GetBytes($"user{user:0000}")).ToArray();
        var value = new byte[ValueBytes];
        new Random(1).NextBytes(value);
        var latencies = new long[records];
        var delivered = 0L;
        var failed = 0L;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0L; i < records; i++)
        {
            if (perSecond > 0)
                WaitUntil(producer, start + i * Stopwatch.Frequency / perSecond);
            // At a fixed rate a late call counts from when it was due: a stall of the broker must not hide itself.
            var from = perSecond > 0 ? start + i * Stopwatch.Frequency / perSecond : Stopwatch.GetTimestamp();
            Send(producer, topic, new Message<byte[], byte[]> { Key = keys[i & 1023], Value = value }, report =>
            {
                if (report.Error.IsError)
                    failed++;
                latencies[delivered++] = Stopwatch.GetTimestamp() - from;
            });
        }
        producer.Flush();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.Sort(latencies);
        return new LoadResult(records / seconds, Ms(latencies[records / 2]), Ms(latencies[records * 99 / 100]), failed);
    }

    /// <summary>Reads a topic from the beginning; the rate is from the first record on.</summary>
    public static LoadResult Consume(string bootstrap, string topic, long records)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = Guid.NewGuid().ToString(),
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            FetchMaxBytes = 50 << 20,
            MaxPartitionFetchBytes = 1 << 20,
            QueuedMaxMessagesKbytes = 64 << 10,
            QueuedMinMessages = 1_000_000,
            FetchQueueBackoffMs = 1, // a full queue would make the client pause for a second: the faster the broker, the slower it would seem
            ConsumeResultFields = "none",
        }).Build();
        consumer.Subscribe(topic);
        long start = 0;
        for (var i = 0L; i < records; i++)
        {
            if (consumer.Consume(TimeSpan.FromSeconds(60)) is null)
                throw new TimeoutException($"Only {i} of {records} records came.");
            if (start == 0)
                start = Stopwatch.GetTimestamp();
        }
        return new LoadResult(records / Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 0, 0);
    }

    private static void Send(IProducer<byte[], byte[]> producer, string topic, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> delivered)
    {
        while (true)
        {
            try
            {
                producer.Produce(topic, message, delivered);
                return;
            }
            catch (ProduceException<byte[], byte[]> full) when (full.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(1));
            }
        }
    }

    private static void WaitUntil(IProducer<byte[], byte[]> producer, long due)
    {
        while (due - Stopwatch.GetTimestamp() is > 0 and var left)
        {
            if (left > Stopwatch.Frequency / 1000)
                Thread.Sleep(1);
            else
                Thread.SpinWait(20);
        }
    }

    private static double Ms(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;
}

/// <summary>What a client saw. Latencies in ms; 0 where none was measured.</summary>
internal readonly record struct LoadResult(double RecordsPerSecond, double MedianMs, double P99Ms, long Failed)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{RecordsPerSecond:0} records/sec, {MedianMs:0.0} ms 50th, {P99Ms:0.0} ms 99th, {Failed} failed");
}
