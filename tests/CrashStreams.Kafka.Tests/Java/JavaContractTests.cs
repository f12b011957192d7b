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
