using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Runtime;

/// <summary>What is behind the last record: ends of transactions, and records of aborted ones.</summary>
public sealed class PositionTests
{
    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, TransactionState.Committed)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, TransactionState.Aborted)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, TransactionState.Committed)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, TransactionState.Aborted)]
    internal void Everything_up_to_the_end_is_committed_whatever_the_last_transaction_came_to(ProcessingGuarantee guarantee, TransactionState last)
    {
        var simulation = Begin(guarantee, b => b.Stream<string, string>("in").Repartition(new() { Name = "again" }).To("out"));
        var cluster = simulation.Cluster;
        Write(cluster, 0, TransactionState.Committed);
        Write(cluster, 1, last);
        for (var i = 0; i < 200; i++)
        {
            cluster.Time.Advance(TimeSpan.FromMilliseconds(50));
            cluster.Tick();
            simulation.Instances[0].Step();
        }

        simulation.Violations.Should().BeEmpty();
        var input = cluster.Partition(new("in", 0));
        input.End.Should().Be(8, "two transactions of three records and an end each");
        cluster.Group.CommittedOffsets[input.At].Offset.Should().Be(input.End);
        var again = cluster.Partition(new("app-again-repartition", 0));
        // The last marker of the writing task may just have come.
        cluster.Group.CommittedOffsets[again.At].Offset.Should().BeGreaterThanOrEqualTo(again.End - 2);
        cluster.Partition(new("out", 0)).Committed().Should().HaveCount(last == TransactionState.Committed ? 6 : 3);
    }

    [Fact]
    public void An_input_of_nothing_but_aborted_records_is_done_as_well()
    {
        var simulation = Begin(ProcessingGuarantee.ExactlyOnce, b => b.Stream<string, string>("in").To("out"));
        Write(simulation.Cluster, 0, TransactionState.Aborted);
        for (var i = 0; i < 40; i++)
        {
            simulation.Cluster.Time.Advance(TimeSpan.FromMilliseconds(50));
            simulation.Instances[0].Step();
        }

        simulation.Cluster.Group.CommittedOffsets[new("in", 0)].Offset.Should().Be(4);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public async Task An_application_is_caught_up_behind_the_end_of_the_last_transaction_of_its_input(ProcessingGuarantee guarantee)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        foreach (var topic in new[] { "in", "middle", "out" })
            await broker.CreateTopicAsync(topic, 1);
        await broker.AppendAsync("in", 0, [.. Enumerable.Range(0, 10).Select(n => ((byte[]?)"k"u8.ToArray(), (byte[]?)[(byte)n]))]);
        await RunAsync(broker, "first", ProcessingGuarantee.ExactlyOnce, b => b.Stream<byte[], byte[]>("in").To("middle"));
        (await broker.EndOffsetAsync("middle", 0)).Should().Be(11, "the transaction's end takes an offset");
        await RunAsync(broker, "second", guarantee, b => b.Stream<byte[], byte[]>("middle").Repartition(new() { Name = "again" }).To("out"));
        (await broker.ReadAsync("out", 0, committedOnly: true)).Should().HaveCount(10);
    }

    private static async Task RunAsync(EmbeddedBroker broker, string id, ProcessingGuarantee guarantee, Action<StreamsBuilder> build)
    {
        var builder = new StreamsBuilder();
        build(builder);
        await using var application = new StreamsApplication(
            builder.Build(), new() { ApplicationId = id, Delivery = { Guarantee = guarantee } }, new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers }));
        await application.StartAsync();
        await application.CaughtUpAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await application.StopAsync();
    }

    private static void Write(SimulatedCluster cluster, int round, TransactionState end)
    {
        var epoch = cluster.Transactions.Initialize("writer");
        var transaction = cluster.Transactions.Current("writer", epoch);
        for (var n = 0; n < 3; n++)
            cluster.Append(cluster.Partition(new("in", 0)), new("k"u8.ToArray(), "v"u8.ToArray(), cluster.NowMs, null, transaction, false), -1, (round * 3) + n + 1);
        cluster.Transactions.End("writer", epoch, end);
    }

    private static CrashStreams.Testing.Simulation.Simulation Begin(ProcessingGuarantee guarantee, Action<StreamsBuilder> build)
    {
        var builder = new StreamsBuilder();
        build(builder);
        return new(new SimulationRandom(1), new()
        {
            Topology = builder.Build(),
            Options = new() { ApplicationId = "app", Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(100) }, PollWait = TimeSpan.Zero },
            Plan = new()
            {
                Instances = 1, IsEager = false, CommitIntervalMs = 100, MaxPollRecords = 100, MaxStepMs = 100,
                CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, CompactionRate = 0, MissedEpochRate = 0,
            },
            Input = [],
            ExternalTopics = new Dictionary<string, int> { ["in"] = 1, ["out"] = 1 },
            StartTime = DateTimeOffset.UnixEpoch.AddDays(20_000),
            ChaosSteps = 0,
        });
    }
}
