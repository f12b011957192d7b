using CrashStreams.Broker;

namespace CrashStreams.Kafka.Tests;

/// <summary>Topics that an application writes and that do not exist: told at the start, unless the broker makes them or the application does without.</summary>
public abstract class MissingSinkTests : LogTest
{
    [Fact]
    public async Task They_are_named_at_the_start_each_with_what_writes_it_and_a_remedy()
    {
        var input = await NewTopic();
        var (results, late, dead) = (NewName("results"), NewName("late"), NewName("dead"));
        await using var application = Copying(input, results, new()
        {
            ApplicationId = NewName("app"), Time = { LateTopic = late }, Faults = { OnDeserialization = FaultResponse.DeadLetter, DeadLetterTopic = dead },
        });

        var start = () => application.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        var told = await start.Should().ThrowAsync<TopologyException>();
        told.Which.Message.Should().ContainAll($"'{results}' (sink 'copies')", $"'{dead}' (Faults.DeadLetterTopic)", $"'{late}' (Time.LateTopic)", "do not exist", "Create them first", "Faults.OnProduction to Skip");
    }

    [Fact]
    public async Task Who_goes_on_without_them_starts()
    {
        var input = await NewTopic();
        await using var application = Copying(input, NewName("results"), new() { ApplicationId = NewName("app"), Faults = { OnProduction = FaultResponse.Skip } });

        await application.StartAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        application.State.Should().Be(ApplicationState.Running);
    }

    private protected StreamsApplication Copying(string input, string output, StreamsOptions options)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(input).To(output, new() { Name = "copies" });
        return new(builder.Build(), options, Clients);
    }
}

public sealed class A_missing_sink_on_the_embedded_broker(EmbeddedKafka broker) : MissingSinkTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class A_missing_sink_on_Apache_Kafka(ApacheKafkaFixture fixture) : MissingSinkTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}

/// <summary>On a broker that makes topics when somebody asks for them.</summary>
public sealed class A_missing_sink_where_topics_are_made_automatically
{
    [Fact]
    public async Task Is_made_at_the_start_and_written_to()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { AutoCreateTopics = true });
        await broker.CreateTopicAsync("in");
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        await using var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app" }, new KafkaLogClients(new KafkaOptions { BootstrapServers = broker.BootstrapServers }));

        await application.StartAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        using var admin = new KafkaLogClients(new KafkaOptions { BootstrapServers = broker.BootstrapServers }).CreateAdmin("admin");
        (await admin.PartitionCountsAsync(["out"], TestContext.Current.CancellationToken)).Should().Contain("out", 1);
    }
}
