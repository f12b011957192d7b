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
        new Action(() => clients.CreateAdmin("a")).Should().Throw<LogException>().Which.ToString().Should().NotContain("secret");
    }

    [Fact]
    public void Options_in_text_do_not_show_properties() =>
        new KafkaOptions { BootstrapServers = "b:1", Properties = new Dictionary<string, string> { ["sasl.password"] = "secret" } }.ToString().Should().NotContain("secret");
}
