using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>Fills a topic with log lines of 165 bytes, one in four a crash, keyed by user.</summary>
internal static class Producing
{
    private const int ValueBytes = 157;
    private const long Start = 1_767_225_600_000;

    public static void WithPort(ILogClients clients, string topic, int records)
    {
        using var producer = clients.CreateProducer("drain", null);
        var partitions = producer.PartitionCount(topic);
        var (keys, values) = Lines();
        var measurement = new Measurement("produce");
        for (var i = 0; i < records; i++)
        {
            producer.Send(topic, i % partitions, new LogRecord
            {
                HasKey = true,
                Key = keys[i & 1023],
                HasValue = true,
                Value = values[i & 3],
                Timestamp = Start + i,
            });
        }

        producer.Flush();
        measurement.Print(records);
    }

    public static void WithConfluent(string bootstrap, string topic, int records, int partitions)
    {
        var failures = 0;
        using var producer = new Confluent.Kafka.ProducerBuilder<byte[], byte[]>(new Confluent.Kafka.ProducerConfig
        {
            BootstrapServers = bootstrap,
            EnableIdempotence = true,
            LingerMs = 5,
            BatchSize = 256 << 10,
            QueueBufferingMaxKbytes = 32 << 10,
            QueueBufferingMaxMessages = 0,
            EnableDeliveryReports = true,
            DeliveryReportFields = "status",
        }).Build();
        var (keys, values) = Lines();
        var targets = Enumerable.Range(0, partitions).Select(p => new Confluent.Kafka.TopicPartition(topic, p)).ToArray();
        Action<Confluent.Kafka.DeliveryReport<byte[], byte[]>> delivered = report => failures += report.Error.IsError ? 1 : 0;
        var measurement = new Measurement("confluent produce");
        for (var i = 0; i < records; i++)
        {
            var message = new Confluent.Kafka.Message<byte[], byte[]> { Key = keys[i & 1023], Value = values[i & 3], Timestamp = new(Start + i, Confluent.Kafka.TimestampType.CreateTime) };
            while (true)
            {
                try
                {
                    producer.Produce(targets[i % partitions], message, delivered);
                    break;
                }
                catch (Confluent.Kafka.ProduceException<byte[], byte[]> e) when (e.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(1));
                }
            }
        }

        producer.Flush();
        measurement.Print(records);
        if (failures > 0)
            Console.WriteLine($"{failures} failed");
    }

    private static (byte[][] Keys, byte[][] Values) Lines()
    {
        var keys = Enumerable.Range(0, 1024).Select(user => Encoding.UTF8.GetBytes($"user{user:0000}")).ToArray();
        var values = Enumerable.Range(0, 4)
            .Select(i => $"{{\"user_id\":\"user{i:0000}\",\"timestamp\":1767225600,\"severity\":\"{(i == 0 ? "ERROR" : "INFO")}\",\"message\":\"{(i == 0 ? "crash" : "fine")}")
            .Select(line => Encoding.UTF8.GetBytes(line.PadRight(ValueBytes - 2, '.') + "\"}"))
            .ToArray();
        return (keys, values);
    }
}
