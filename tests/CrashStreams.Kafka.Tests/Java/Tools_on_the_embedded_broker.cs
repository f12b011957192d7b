namespace CrashStreams.Kafka.Tests.Java;

/// <summary>Apache Kafka's own command-line tools, which know nothing of the broker.</summary>
public sealed class Tools_on_the_embedded_broker(EmbeddedKafka broker) : LogTest
{
    protected override IKafkaBroker Broker => broker;

    [Fact]
    public void Tools_create_describe_alter_and_delete_topics()
    {
        var topic = NewName("tools");

        Tool("topics", "--create", "--topic", topic, "--partitions", "2", "--config", "retention.ms=60000");
        Tool("topics", "--list").Should().Contain(topic);
        Tool("topics", "--describe", "--topic", topic).Should().Contain("PartitionCount: 2").And.Contain("retention.ms=60000");
        Tool("configs", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", "max.message.bytes=5000");
        Tool("configs", "--describe", "--entity-type", "topics", "--entity-name", topic).Should().Contain("max.message.bytes=5000");
        Tool("topics", "--alter", "--topic", topic, "--partitions", "3");
        Tool("topics", "--describe", "--topic", topic).Should().Contain("PartitionCount: 3");
        Tool("topics", "--delete", "--topic", topic);
        Tool("topics", "--list").Should().NotContain(topic);
    }

    [Fact]
    public async Task Tools_produce_consume_delete_records_and_show_groups()
    {
        var topic = await NewTopic();
        var group = NewName("group");

        JavaProgram.RunTool(["run", "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", Broker.BootstrapServers, "--topic", topic], "one\ntwo\nthree\n");
        Tool("run", "org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--group", group, "--from-beginning", "--max-messages", "3").Should().Be("one\ntwo\nthree\n");
        Tool("groups", "--list").Should().Contain(group);
        Tool("groups", "--describe", "--group", group).Should().MatchRegex($@"{group}\s+{topic}\s+0\s+3\s+3\s+0");
        Tool("groups", "--reset-offsets", "--group", group, "--topic", topic, "--to-offset", "1", "--execute");
        Tool("groups", "--describe", "--group", group).Should().MatchRegex($@"{group}\s+{topic}\s+0\s+1\s+3\s+2");

        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""{"version":1,"partitions":[{"topic":"{{topic}}","partition":0,"offset":2}]}""");
        Tool("run", "org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", file).Should().Contain("low_watermark: 2");
        File.Delete(file);
        Tool("offsets", "--topic", topic, "--time", "earliest").Should().Contain($"{topic}:0:2");
        Tool("groups", "--delete", "--group", group).Should().Contain("successful");
    }

    [Fact]
    public async Task Tools_find_an_open_transaction()
    {
        var topic = await NewTopic();
        var id = NewName("id");
        var producer = NewProducer(id);
        producer.InitTransactions();
        producer.BeginTransaction();
        Send(producer, topic, 0, "open");

        Tool("transactions", "list").Should().MatchRegex($@"{id}\s.*Ongoing");
        Tool("transactions", "describe", "--transactional-id", id).Should().Contain("Ongoing").And.Contain($"{topic}-0");
        Tool("transactions", "describe-producers", "--topic", topic, "--partition", "0").Should().MatchRegex(@"\b0\s*$");
        producer.AbortTransaction();
        Tool("transactions", "describe", "--transactional-id", id).Should().Contain("CompleteAbort");
    }

    [Fact]
    public async Task Performance_tools_write_and_read_all_records()
    {
        var topic = await NewTopic(partitions: 3);

        JavaProgram.RunTool(["perf-produce", "--topic", topic, "--num-records", "20000", "--record-size", "165", "--throughput", "-1", "--producer-props", $"bootstrap.servers={Broker.BootstrapServers}", "acks=all"])
            .Should().Contain("20000 records sent");
        var line = Tool("perf-consume", "--topic", topic, "--messages", "20000").Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(',');
        int.Parse(line[4], System.Globalization.CultureInfo.InvariantCulture).Should().BeGreaterThanOrEqualTo(20_000);
    }

    private string Tool(params string[] arguments)
    {
        var at = arguments[0] == "run" ? 2 : 1;
        return JavaProgram.RunTool([.. arguments[..at], "--bootstrap-server", Broker.BootstrapServers, .. arguments[at..]]);
    }
}
