using CrashStreams.Kafka.Tests;

namespace CrashStreams.Integration.Tests;

/// <summary>kcat, the command line of librdkafka, against the embedded broker.</summary>
public sealed class KcatTests(EmbeddedKafka broker)
{
    private readonly string _topic = $"kcat-{Guid.NewGuid():N}";

    [Fact]
    public async Task Produces_and_consumes()
    {
        await CreateTopic();

        await Kcat("-P -t {0} -K :", input: "a:1\nb:2\na:3\n");

        var lines = (await Kcat("-C -t {0} -e -q -K :")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().BeEquivalentTo("a:1", "b:2", "a:3");
    }

    [Fact]
    public async Task Lists_the_topic_and_the_broker()
    {
        await CreateTopic();

        var metadata = await Kcat("-L -t {0}");

        metadata.Should().Contain($"topic \"{_topic}\" with 2 partitions").And.Contain(broker.BootstrapServers);
    }

    [Fact]
    public async Task A_group_goes_on_where_it_stopped()
    {
        await CreateTopic();
        await Kcat("-P -t {0}", input: "1\n2\n");
        // The group's name comes first, its topics last.
        var first = await Kcat("-G {0}-group -q -e -c 2 -X auto.offset.reset=earliest {0}");
        await Kcat("-P -t {0}", input: "3\n");

        var second = await Kcat("-G {0}-group -q -e -c 1 -X auto.offset.reset=earliest {0}");

        first.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().BeEquivalentTo("1", "2");
        second.Trim().Should().Be("3");
    }

    private async Task CreateTopic()
    {
        Assert.SkipUnless(Tool.IsInstalled("kcat"), "kcat is not installed");
        await broker.CreateTopic(_topic, 2);
    }

    private Task<string> Kcat(string arguments, string? input = null) =>
        Tool.Run("kcat", ["-b", broker.BootstrapServers, .. string.Format(null, arguments, _topic).Split(' ')], input);
}
