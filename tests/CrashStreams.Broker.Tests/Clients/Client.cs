using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>librdkafka clients of a broker, and waiting for what they see.</summary>
internal static class Client
{
    /// <summary>How long anything may take, on a slow machine with other tests beside it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static IAdminClient Admin(EmbeddedBroker broker) => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();

    public static async Task CreateTopic(EmbeddedBroker broker, string topic, int partitions, Dictionary<string, string>? configs = null)
    {
        using var admin = Admin(broker);
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = configs }]);
    }

    public static IProducer<string, string> Producer(EmbeddedBroker broker, Action<ProducerConfig>? configure = null)
    {
        var config = new ProducerConfig { BootstrapServers = broker.BootstrapServers, Acks = Acks.All, LingerMs = 5 };
        configure?.Invoke(config);
        return new ProducerBuilder<string, string>(config).Build();
    }

    public static async Task Produce(EmbeddedBroker broker, string topic, IEnumerable<(string Key, string Value)> records, Action<ProducerConfig>? configure = null)
    {
        using var producer = Producer(broker, configure);
        await Task.WhenAll(records.Select(record => producer.ProduceAsync(topic, new Message<string, string> { Key = record.Key, Value = record.Value })));
    }

    public static IConsumer<string, string> Consumer(EmbeddedBroker broker, string group, Action<ConsumerConfig>? configure = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = broker.BootstrapServers,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            EnablePartitionEof = false,
        };
        configure?.Invoke(config);
        return new ConsumerBuilder<string, string>(config).Build();
    }

    public static List<ConsumeResult<string, string>> ConsumeAll(EmbeddedBroker broker, string topic, int count, Action<ConsumerConfig>? configure = null)
    {
        using var consumer = Consumer(broker, Guid.NewGuid().ToString(), configure);
        consumer.Subscribe(topic);
        return Take(consumer, count);
    }

    public static List<ConsumeResult<string, string>> Take(IConsumer<string, string> consumer, int count)
    {
        var records = new List<ConsumeResult<string, string>>();
        var clock = Stopwatch.StartNew();
        while (records.Count < count && clock.Elapsed < Patience)
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } record)
                records.Add(record);
        records.Count.Should().BeGreaterThanOrEqualTo(count, $"that many records should be there within {Patience.TotalSeconds} s");
        return records;
    }

    public static void Until(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
            clock.Elapsed.Should().BeLessThan(Patience, "the condition should have come true by then");
    }
}
