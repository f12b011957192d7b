using CrashStreams.Kafka.Tests;

namespace CrashStreams.Integration.Tests.Node;

/// <summary>Clients for Node.js, written from the protocol's description as ours is, against the embedded broker.</summary>
public sealed class NodeClientTests(EmbeddedKafka broker)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Node");

    [Fact]
    public Task KafkaJS_produces_consumes_commits_transactions_and_administers() => Run("kafkajs.mjs");

    [Fact]
    public Task Platformatic_produces_and_consumes_by_both_group_protocols() => Run("platformatic.mjs");

    private async Task Run(string program)
    {
        Assert.SkipUnless(Tool.IsInstalled("node"), "Node.js is not installed");
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules")), "npm could not install the clients for Node.js");
        (await Tool.Run("node", [Path.Combine(Folder, program), broker.BootstrapServers, $"node-{Guid.NewGuid():N}"])).Should().EndWith("done\n");
    }
}
