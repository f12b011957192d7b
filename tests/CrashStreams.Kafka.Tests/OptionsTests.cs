using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

public sealed class OptionsTests
{
    [Fact]
    public void Every_fault_is_told_at_once_with_its_setting()
    {
        var options = new KafkaOptions
        {
            BootstrapServers = "",
            MaxPollRecords = 0,
            Compression = "best",
            Properties = new Dictionary<string, string> { ["enable.auto.commit"] = "true" },
        };

        options.Invoking(o => o.Validate()).Should().Throw<TopologyException>()
            .WithMessage("*BootstrapServers*MaxPollRecords*Compression*enable.auto.commit*");
    }

    [Fact]
    public void A_property_that_librdkafka_does_not_know_is_named_and_its_value_is_not()
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = "localhost:1", Properties = new Dictionary<string, string> { ["sasl.pasword"] = "secret" } });

        foreach (var create in new Action[] { () => clients.CreateProducer("p", null), () => clients.CreateConsumer("c", "g", true) })
            create.Should().Throw<LogException>().Which.ToString().Should().Contain("sasl.pasword").And.NotContain("secret");
        new Action(() => clients.CreateAdmin("a")).Should().Throw<LogException>().Which.ToString().Should().Contain("sasl.pasword").And.NotContain("secret");
    }

    [Fact]
    public void Options_in_text_do_not_show_properties() =>
        new KafkaOptions { BootstrapServers = "b:1", Properties = new Dictionary<string, string> { ["sasl.password"] = "secret" } }.ToString().Should().NotContain("secret");

    [Theory]
    [InlineData("localhost:9092")]
    [InlineData("a.example, b.example:9093")]
    [InlineData("SSL://kafka-1:9093,[::1]:9092")]
    [InlineData("::1")]
    public void Addresses_of_brokers_are_taken_as_librdkafka_takes_them(string servers) => new KafkaOptions { BootstrapServers = servers }.Validate();

    [Theory]
    [InlineData("http://localhost:9092")]
    [InlineData("localhost:9092/topic")]
    [InlineData("localhost:port")]
    [InlineData("localhost:0")]
    [InlineData("localhost:70000")]
    [InlineData(":9092")]
    [InlineData("localhost 9092")]
    public void What_is_no_brokers_address_is_told(string servers) =>
        new KafkaOptions { BootstrapServers = $"right:9092,{servers}" }.Invoking(static o => o.Validate()).Should().Throw<TopologyException>().WithMessage($"*'{servers}' is no broker's address*host:port*");
}
