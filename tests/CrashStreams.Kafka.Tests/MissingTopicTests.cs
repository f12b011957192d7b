using System.Diagnostics;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>A topic to write to that does not exist: it may be a new one that the brokers have not heard of yet, but not for ever.</summary>
public abstract class MissingTopicTests : LogTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_told_by_name_waited_for_once_and_found_when_it_is_made(bool isTransactional)
    {
        var patience = TimeSpan.FromSeconds(1);
        var options = Options with { ProducerProperties = new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = $"{patience.TotalMilliseconds}" } };
        var producer = Open(new KafkaLogClients(options).CreateProducer(NewName("producer"), isTransactional ? NewName("transactional") : null));
        if (isTransactional)
            producer.InitTransactions();
        var topic = NewName("missing");

        var clock = Stopwatch.StartNew();
        var told = FailureOf(() => producer.PartitionCount(topic));
        clock.Elapsed.Should().BeGreaterThan(patience);
        told!.Message.Should().Contain($"'{topic}' does not exist");
        (told.MissingTopic, told.IsRetriable, told.IsFatal, told.IsFenced).Should().Be((topic, false, false, false));

        // Its records are no reason to wait each.
        clock.Restart();
        for (var i = 0; i < 100; i++)
            FailureOf(() => producer.Send(topic, 0, Record("k", "v")))!.MissingTopic.Should().Be(topic);
        clock.Elapsed.Should().BeLessThan(100 * patience);

        await Open(Clients.CreateAdmin("admin")).CreateTopicsAsync([new(topic, 3, new Dictionary<string, string>())], default);
        producer.PartitionCount(topic).Should().Be(3);
    }

    [Fact]
    public async Task One_that_is_deleted_refuses_what_was_sent_to_it_so_that_it_can_be_sent_again()
    {
        var options = Options with { ProducerProperties = new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = "1000" } };
        var producer = Open(new KafkaLogClients(options).CreateProducer(NewName("producer"), null));
        var topic = await NewTopic();
        Send(producer, topic, 0, "a");

        await Open(Clients.CreateAdmin("admin")).DeleteTopicsAsync([topic], default);

        var told = FailureOf(() => Send(producer, topic, 0, "b"))!;
        told.Message.Should().Contain(topic);
        told.IsRetriable.Should().BeTrue("the topic may be made anew");
    }
}

public sealed class A_missing_topic_on_the_embedded_broker(EmbeddedKafka broker) : MissingTopicTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class A_missing_topic_on_Apache_Kafka(ApacheKafkaFixture fixture) : MissingTopicTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
