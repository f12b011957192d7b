using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Integration.Tests;

/// <summary>
/// An operator deletes a topic of a running application. That is told by name and soon, nothing of which results were not written is committed, and once the topic is there again
/// the application goes on where it was.
/// </summary>
public abstract class TopicDeletedTests : IDisposable
{
    private const int Partitions = 2;
    private const int Records = 20;
    private const string Input = "in", Output = "out", Repartition = "by-value-repartition", Changelog = "counts-changelog";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2), _soon = TimeSpan.FromMilliseconds(500);
    private readonly string _name = $"deleted-{Guid.NewGuid():N}";
    private readonly LogLines _log = new();

    protected abstract IKafkaBroker Broker { get; }

    [Theory]
    [InlineData(Output, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Output, ProcessingGuarantee.ExactlyOnce)]
    [InlineData(Repartition, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Changelog, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(Input, ProcessingGuarantee.AtLeastOnce)]
    public async Task It_is_told_and_nothing_is_lost(string topic, ProcessingGuarantee guarantee)
    {
        var clients = Clients();
        using var admin = clients.CreateAdmin("admin");
        await using (var application = await CaughtUp(clients, admin, guarantee, _soon))
        {
            await admin.DeleteTopicsAsync([Name(topic)], default);
            if (topic != Input)
                Write(clients, Records);

            var told = await application.Completion.Invoking(completion => completion.WaitAsync(_patience)).Should().ThrowAsync<CrashStreamsException>(_log.ToString());
            told.Which.Should().BeOfType(topic == Output ? typeof(ProcessingException) : typeof(TopologyException));
            told.Which.Message.Should().Contain($"'{Name(topic)}'");
            application.State.Should().Be(ApplicationState.Failed);
        }

        if (topic is Input or Output)
            await admin.CreateTopicsAsync([Spec(topic)], default);
        if (topic == Input)
            Write(clients, Records);
        await using var again = Application(clients, guarantee, _patience);
        await again.StartAsync();
        ReadResults(clients, guarantee);
    }

    [Theory]
    [InlineData(Output)]
    [InlineData(Changelog)]
    public async Task What_is_written_to_goes_on_when_it_is_made_anew_at_once(string topic)
    {
        var clients = PatientClients();
        using var admin = clients.CreateAdmin("admin");
        await using var application = await CaughtUp(clients, admin, ProcessingGuarantee.AtLeastOnce, _patience);

        await admin.DeleteTopicsAsync([Name(topic)], default);
        await admin.CreateTopicsAsync([Spec(topic)], default);
        Write(clients, Records);

        ReadResults(clients, ProcessingGuarantee.AtLeastOnce);
        application.State.Should().Be(ApplicationState.Running);
    }

    /// <summary>The positions are of the old topic: what the new one has before them would be passed over.</summary>
    [Fact]
    public async Task What_is_read_and_made_anew_at_once_is_told()
    {
        var clients = PatientClients();
        using var admin = clients.CreateAdmin("admin");
        await using var application = await CaughtUp(clients, admin, ProcessingGuarantee.AtLeastOnce, _patience);

        await admin.DeleteTopicsAsync([Name(Input)], default);
        await admin.CreateTopicsAsync([Spec(Input)], default);

        var told = await application.Completion.Invoking(completion => completion.WaitAsync(_patience)).Should().ThrowAsync<TopologyException>(_log.ToString());
        told.Which.Message.Should().Contain($"'{Name(Input)}'").And.Contain("made anew");
    }

    [Fact]
    public async Task Results_wait_for_a_topic_that_is_made_just_after_the_start()
    {
        var clients = PatientClients();
        using var admin = clients.CreateAdmin("admin");
        await admin.CreateTopicsAsync([Spec(Input)], default);
        // Who does without it may start; others are told at once that it is not there.
        await using var application = Application(clients, ProcessingGuarantee.AtLeastOnce, _patience, FaultResponse.Skip);
        await application.StartAsync();
        Write(clients, Records);
        // Not all of them: with the first result the thread waits.
        await Monitors.Until(() => application.ProcessedRecords > 0);

        await admin.CreateTopicsAsync([Spec(Output)], default);

        ReadResults(clients, ProcessingGuarantee.AtLeastOnce);
        application.State.Should().Be(ApplicationState.Running);
        _log.ToString().Should().NotContain("starts again");
    }

    public void Dispose()
    {
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private string Name(string topic) => $"{_name}-{topic}";

    private TopicSpec Spec(string topic) => new(Name(topic), Partitions, new Dictionary<string, string>());

    // As users have them: what is being made anew may be away for a while.
    private KafkaLogClients PatientClients() => new(new() { BootstrapServers = Broker.BootstrapServers }, new Logger<KafkaLogClients>(_log));

    // How long the client waits for a topic of which it has only just heard, and for records that can't be written.
    private KafkaLogClients Clients() => new(
        new()
        {
            BootstrapServers = Broker.BootstrapServers,
            TransactionTimeout = TimeSpan.FromSeconds(2),
            ProducerProperties = new Dictionary<string, string> { ["topic.metadata.propagation.max.ms"] = "1000" },
        },
        new Logger<KafkaLogClients>(_log));

    /// <summary>An application that has processed the first records of a new input.</summary>
    private async Task<StreamsApplication> CaughtUp(KafkaLogClients clients, ILogAdmin admin, ProcessingGuarantee guarantee, TimeSpan deletedAfter)
    {
        await admin.CreateTopicsAsync([Spec(Input), Spec(Output)], default);
        Write(clients, 0);
        var application = Application(clients, guarantee, deletedAfter);
        await application.StartAsync();
        await application.CaughtUpAsync().WaitAsync(_patience);
        return application;
    }

    private StreamsApplication Application(KafkaLogClients clients, ProcessingGuarantee guarantee, TimeSpan deletedAfter, FaultResponse onProduction = FaultResponse.Fail)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(Name(Input)).SelectKey((_, value) => value).Repartition(new() { Name = "by-value" })
            .GroupByKey().Count("counts").ToStream().MapValues(count => count.ToString(CultureInfo.InvariantCulture)).To(Name(Output));
        var options = new StreamsOptions
        {
            ApplicationId = _name, Delivery = { Guarantee = guarantee }, Time = { IdleAfter = TimeSpan.FromSeconds(1) }, Faults = { OnProduction = onProduction }, DeletedAfter = deletedAfter,
        };
        return new StreamsApplication(builder.Build(), options, clients, _log);
    }

    private void Write(KafkaLogClients clients, int from)
    {
        using var producer = clients.CreateProducer("writer", null);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = from; i < from + Records; i++)
            producer.Send(Name(Input), i % Partitions, new LogRecord { Value = Encoding.UTF8.GetBytes($"{i}"), HasValue = true, Timestamp = now });
        producer.Flush();
    }

    /// <summary>What was written after the topic was deleted has its results, under exactly-once one each.</summary>
    private void ReadResults(KafkaLogClients clients, ProcessingGuarantee guarantee)
    {
        var expected = Enumerable.Range(Records, Records).Select(i => $"{i}").ToHashSet();
        var read = new List<string>();
        using var reader = clients.CreateRestoreConsumer("reader", readCommitted: true);
        reader.Assign(Enumerable.Range(0, Partitions).ToDictionary(p => new TopicPartition(Name(Output), p), _ => 0L));
        var clock = Stopwatch.StartNew();
        while (!expected.IsSubsetOf(read))
        {
            clock.Elapsed.Should().BeLessThan(_patience, "all results should be there: {0} are not\n{1}", string.Join(' ', expected.Except(read)), _log);
            var batch = reader.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
                read.Add(Encoding.UTF8.GetString(batch[i].Key));
        }

        if (guarantee == ProcessingGuarantee.ExactlyOnce)
            read.Where(expected.Contains).Should().OnlyHaveUniqueItems();
    }
}

public sealed class A_topic_deleted_on_the_embedded_broker(EmbeddedKafka broker) : TopicDeletedTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class A_topic_deleted_on_Apache_Kafka(ApacheKafkaFixture fixture) : TopicDeletedTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
