using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests.Java;

/// <summary>What Apache Kafka's own Java clients find in every broker.</summary>
public abstract class JavaContractTests : LogTest
{
    [Fact]
    public void Idempotent_batches_of_every_codec_come_back_as_they_were() => Scenario("compression");

    [Fact]
    public void Transactions_bump_the_epoch_hide_what_is_aborted_and_fence() => Scenario("transactions");

    [Theory]
    [InlineData("classic")]
    [InlineData("consumer")]
    public void Members_share_partitions_and_take_over(string protocol) => Scenario("group", protocol);

    [Fact]
    public void Topics_configs_offsets_records_and_groups_are_administered() => Scenario("admin");

    /// <summary>
    /// Java's transactions bump the epoch at each end (KIP-890), librdkafka's don't. Both write to one partition at once, one of them a transaction that stays
    /// open over more than a segment and is aborted.
    /// </summary>
    [Fact]
    public async Task Both_transaction_protocols_share_a_partition_and_aborted_records_stay_hidden_behind_segments()
    {
        const int transactions = 40, segmentBytes = 1 << 20;
        var topic = await NewTopic(1, ("segment.bytes", $"{segmentBytes}"));
        var padding = new string('x', 8_000);
        var (aborting, committing) = (NewTransactional(), NewTransactional());
        var java = Task.Run(() => JavaProgram.RunScenario(Broker.BootstrapServers, ["interleave", topic, $"{transactions}"]), TestContext.Current.CancellationToken);

        var (sent, committed) = (0, 0);
        aborting.BeginTransaction();
        for (; !java.IsCompleted || sent * padding.Length < 2 * segmentBytes; sent++)
        {
            aborting.Send(topic, 0, Record("aborted", padding));
            aborting.Flush();
            committing.BeginTransaction();
            committing.Send(topic, 0, Record("committed", $"{committed++}"));
            committing.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata>(), new object());
        }

        aborting.AbortTransaction();
        (await java).Should().EndWith("done\n");

        var all = ReadAll(NewReader(topic, readCommitted: false), (2 * sent) + (transactions * 5)).ConvertAll(r => r.Key);
        all.IndexOf("java committed").Should().BeGreaterThan(all.IndexOf("committed"), "they have to meet");
        all.LastIndexOf("java committed").Should().BeLessThan(all.LastIndexOf("committed"), "they have to meet");
        var shown = ReadAll(NewReader(topic), committed + (transactions / 2 * 5));
        shown.Select(r => r.Key).Should().OnlyContain(key => key == "committed" || key == "java committed");
        shown.Where(r => r.Key == "committed").Select(r => r.Value).Should().Equal(Enumerable.Range(0, committed).Select(i => $"{i}"));
        shown.Where(r => r.Key == "java committed").Select(r => r.Value![..r.Value!.LastIndexOf(' ')])
            .Should().Equal(Enumerable.Range(0, transactions * 5).Where(i => i / 5 % 2 == 0).Select(i => $"{i / 5} {i % 5}"));
        JavaProgram.RunScenario(Broker.BootstrapServers, ["count", topic, $"{shown.Count}"]).Should().EndWith("done\n");
    }

    private ILogProducer NewTransactional()
    {
        var producer = NewProducer(NewName("id"));
        producer.InitTransactions();
        return producer;
    }

    private void Scenario(params string[] scenario) => JavaProgram.RunScenario(Broker.BootstrapServers, scenario).Should().EndWith("done\n");
}

public sealed class Java_clients_on_the_embedded_broker(EmbeddedKafka broker) : JavaContractTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Java_clients_on_Apache_Kafka(ApacheKafkaFixture fixture) : JavaContractTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
