using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CrashStreams.Broker.Chaos;

/// <summary>librdkafka clients that come back quickly when the broker does.</summary>
internal static class Clients
{
    public static ProducerConfig ProducerConfig(string bootstrapServers) => new()
    {
        BootstrapServers = bootstrapServers,
        Acks = Acks.All,
        EnableIdempotence = true,
        LingerMs = 2,
        ReconnectBackoffMs = 10,
        ReconnectBackoffMaxMs = 50,
        RetryBackoffMs = 10,
        RetryBackoffMaxMs = 50,
        MessageTimeoutMs = 120_000,

        // When all brokers are away, librdkafka (2.16.0) starts over from the bootstrap servers, but goes on asking the discarded connection to the
        // group's coordinator: sending offsets to a transaction then never comes back (confluentinc/librdkafka#5511).
        MetadataRecoveryStrategy = MetadataRecoveryStrategy.None,
    };

    public static IProducer<Null, long> Producer(ProducerConfig config) =>
        new ProducerBuilder<Null, long>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    public static async Task CreateTopicsAsync(string bootstrapServers, params string[] topics)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        await admin.CreateTopicsAsync(topics.Select(topic => new TopicSpecification { Name = topic, NumPartitions = ChaosRun.Partitions, ReplicationFactor = 1 }));
    }

    /// <summary>All that read_committed shows, by partition, in order.</summary>
    public static List<(long Offset, long Value)>[] ReadAll(string bootstrapServers, string topic)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "verification",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            IsolationLevel = IsolationLevel.ReadCommitted,
        };
        using var consumer = new ConsumerBuilder<Ignore, long>(config).Build();
        consumer.Assign(Enumerable.Range(0, ChaosRun.Partitions).Select(partition => new TopicPartitionOffset(topic, partition, Offset.Beginning)));
        var records = Enumerable.Range(0, ChaosRun.Partitions).Select(_ => new List<(long, long)>()).ToArray();
        for (var ended = new HashSet<int>(); ended.Count < ChaosRun.Partitions;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException($"{topic} did not reach its end within 30 s.");
            if (result.IsPartitionEOF)
                ended.Add(result.Partition);
            else
                records[result.Partition].Add((result.Offset, result.Message.Value));
        }
        return records;
    }
}
