using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Integration.Tests;

/// <summary>State is in the changelogs, and the committed offsets that it belongs to are gone or are somebody else's: no count is wrong afterwards.</summary>
public abstract class LostPositionsTests : IDisposable
{
    private const string Input = "in", Output = "out";
    private const int Partitions = 2;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly string _name = $"lost-{Guid.NewGuid():N}";
    private readonly LogLines _log = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("crashstreams-lost-");
    private StreamTime _clock = StreamTime.Watermarks;
    private int _partitions = Partitions;
    private int _written;

    protected abstract IKafkaBroker Broker { get; }

    public static TheoryData<ProcessingGuarantee, bool> Runs => new()
    {
        { ProcessingGuarantee.AtLeastOnce, false }, { ProcessingGuarantee.AtLeastOnce, true },
        { ProcessingGuarantee.ExactlyOnce, false }, { ProcessingGuarantee.ExactlyOnce, true },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Expired_offsets_of_the_whole_group_have_the_state_built_again(ProcessingGuarantee guarantee, bool onDisk)
    {
        await RunOnceAsync(guarantee, onDisk, write: 20);
        await DeleteGroupAsync();

        await RunOnceAsync(guarantee, onDisk, write: 20);

        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
        _log.ToString().Should().Contain("has lost positions of its state");
        // It is whole again, and a further start has nothing to mend.
        await RunOnceAsync(guarantee, onDisk, write: 20);
        Counts().Should().OnlyContain(c => c.Value == 15);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, StreamTime.Watermarks)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, StreamTime.Watermarks)]
    // Without markers nothing behind the shuffle tells who has written there.
    [InlineData(ProcessingGuarantee.AtLeastOnce, StreamTime.Observed)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, StreamTime.Observed)]
    public async Task Offsets_of_one_input_partition_that_are_gone_have_it_too(ProcessingGuarantee guarantee, StreamTime clock)
    {
        _clock = clock;
        await RunOnceAsync(guarantee, onDisk: false, write: 20);
        await DeleteOffsetAsync(new(Name(Input), 1));

        await RunOnceAsync(guarantee, onDisk: false, write: 20);

        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
        _log.ToString().Should().Contain("has lost positions of its state");
    }

    [Fact]
    public async Task Partitions_that_the_input_got_since_have_lost_nothing()
    {
        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: false, write: 20);
        using (var admin = new Confluent.Kafka.AdminClientBuilder(new Confluent.Kafka.AdminClientConfig { BootstrapServers = Broker.BootstrapServers }).Build())
            await admin.CreatePartitionsAsync([new() { Topic = Name(Input), IncreaseTo = 2 * Partitions }]);
        _partitions = 2 * Partitions;

        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: false, write: 20);

        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
        _log.ToString().Should().NotContain("has lost positions of its state");
    }

    [Fact]
    public async Task Offsets_that_a_tool_has_set_do_not_make_the_counts_wrong()
    {
        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 20);
        Commit(new(Name(Input), 0), 3);

        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 20);

        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
        _log.ToString().Should().Contain("was committed by somebody else");
    }

    [Fact]
    public async Task A_changelog_that_was_deleted_is_no_reason_to_count_from_zero()
    {
        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 20);
        using var admin = Clients().CreateAdmin("admin");
        await admin.DeleteTopicsAsync([$"{_name}-counts-changelog"], default);

        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 20);

        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
    }

    [Fact]
    public async Task State_that_can_not_be_built_again_whole_is_refused_unless_that_is_wanted()
    {
        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 20);
        await DeleteGroupAsync();
        using var admin = Clients().CreateAdmin("admin");
        await admin.DeleteRecordsAsync(new Dictionary<TopicPartition, long> { [new(Name(Input), 0)] = 4 }, default);

        await using (var application = Application(ProcessingGuarantee.AtLeastOnce, onDisk: false, OrphanedState.RebuildFromWholeInput, out var storage))
        {
            using var _ = storage;
            var told = await application.Invoking(a => a.StartAsync()).Should().ThrowAsync<LogException>();
            told.Which.Message.Should().Contain($"{Name(Input)}-0 has no committed offset").And.Contain($"{Name(Input)}-0 (before 4)").And.Contain("State.Orphaned");
        }

        await RunOnceAsync(ProcessingGuarantee.AtLeastOnce, onDisk: false, write: 0, OrphanedState.Rebuild);
        Counts().Values.Sum().Should().Be(16, _log.ToString());
    }

    [Theory]
    [InlineData(GroupProtocol.Consumer)]
    [InlineData(GroupProtocol.Classic)]
    public async Task What_a_stranger_in_the_group_reads_and_commits_is_read_by_the_application_when_it_is_gone(GroupProtocol protocol)
    {
        Prepare();
        Write(20);
        await using var application = Application(ProcessingGuarantee.AtLeastOnce, onDisk: false, OrphanedState.Fail, out var storage, protocol: protocol);
        using var _ = storage;
        await application.StartAsync();
        await application.CaughtUpAsync().WaitAsync(_patience);

        var config = new Confluent.Kafka.ConsumerConfig { BootstrapServers = Broker.BootstrapServers, GroupId = _name, ClientId = "stranger", EnableAutoCommit = false };
        config.Set("group.protocol", protocol == GroupProtocol.Classic ? "classic" : "consumer");
        config.Set(protocol == GroupProtocol.Classic ? "partition.assignment.strategy" : "group.remote.assignor", "range");
        using (var stranger = new Confluent.Kafka.ConsumerBuilder<Confluent.Kafka.Ignore, string>(config).Build())
        {
            stranger.Subscribe(Name(Input));
            var clock = Stopwatch.StartNew();
            var read = 0;
            while (read < 4)
            {
                clock.Elapsed.Should().BeLessThan(_patience, _log.ToString());
                if (stranger.Assignment.Count > 0 && _written < 40)
                    Write(20);
                if (stranger.Consume(TimeSpan.FromMilliseconds(100)) is not { } record)
                    continue;
                stranger.Commit(record);
                read++;
            }

            // The embedded broker's groups have no topic of offsets by whose leader their coordinator is found: there the log says it when the partition comes back.
            if (protocol == GroupProtocol.Classic || Broker is not EmbeddedKafka)
                await Monitors.Until(() => application.Status is { Activity: ApplicationActivity.Blocked } status && status.Detail.Contains("'stranger'", StringComparison.Ordinal));
            stranger.Close();
        }

        await Monitors.Until(() => application.State != ApplicationState.Running || Counts().Values.Sum() == 40);
        application.State.Should().Be(ApplicationState.Running, _log.ToString());
        _log.ToString().Should().Contain("somebody who is not of this application has committed offset");
        Counts().Should().OnlyContain(c => c.Value == 10, _log.ToString()).And.HaveCount(4);
        await application.StopAsync();
    }

    [Fact]
    public async Task An_application_begins_again_after_a_reset_without_what_it_had_counted()
    {
        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: true, write: 20);
        await using (var running = Application(ProcessingGuarantee.ExactlyOnce, onDisk: false, OrphanedState.Fail, out _))
        {
            await running.StartAsync();
            await Monitors.Until(() => running.ProcessedRecords > 0 || running.Threads.Any(static t => t.Tasks.Count > 0));
            var refused = await this.Invoking(t => t.ResetAsync(ResetPoint.Earliest, dryRun: false)).Should().ThrowAsync<LogException>();
            refused.Which.Message.Should().Contain("has members");
        }

        var planned = await ResetAsync(ResetPoint.Offset(8), dryRun: true);
        planned.Positions.Should().Equal(new Dictionary<TopicPartition, long> { [new(Name(Input), 0)] = 8, [new(Name(Input), 1)] = 8 });
        planned.DeletedTopics.Should().Contain([$"{_name}-by-value-repartition", $"{_name}-counts-changelog"]);
        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: true, write: 0);
        Counts().Should().OnlyContain(c => c.Value == 5, "a dry run changes nothing");

        await ResetAsync(ResetPoint.Offset(8), dryRun: false);
        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: true, write: 0);

        // 4 records of partition 0 are at 8 or later, one of each key; partition 1 has none.
        Counts().Should().OnlyContain(c => c.Value == 1, _log.ToString()).And.HaveCount(4);
        (await ResetAsync(ResetPoint.Latest, dryRun: true)).Positions.Values.Should().BeEquivalentTo([12L, 8L]);
        (await ResetAsync(ResetPoint.Time(DateTimeOffset.UnixEpoch), dryRun: true)).Positions.Values.Should().AllBeEquivalentTo(0L);
        (await ResetAsync(ResetPoint.Time(TimeProvider.System.GetUtcNow().AddDays(1)), dryRun: true)).Positions.Values.Should().BeEquivalentTo([12L, 8L]);
    }

    [Fact]
    public async Task Records_that_retention_has_deleted_before_they_were_read_are_passed_over_only_where_that_is_wanted()
    {
        await RunOnceAsync(ProcessingGuarantee.ExactlyOnce, onDisk: false, write: 20);
        Write(20);
        using var admin = Clients().CreateAdmin("admin");
        await admin.DeleteRecordsAsync(new Dictionary<TopicPartition, long> { [new(Name(Input), 0)] = 16 }, default);

        await using (var application = Application(ProcessingGuarantee.ExactlyOnce, onDisk: false, OrphanedState.RebuildFromWholeInput, out _))
        {
            await application.StartAsync();
            var told = await application.Completion.Invoking(c => c.WaitAsync(_patience)).Should().ThrowAsync<LogException>();
            told.Which.Message.Should().Contain($"{Name(Input)}-0").And.Contain(nameof(DeliveryOptions.OffsetOutOfRange));
        }

        await using (var application = Application(ProcessingGuarantee.ExactlyOnce, onDisk: false, OrphanedState.RebuildFromWholeInput, out _, outOfRange: OffsetReset.Earliest))
        {
            await application.StartAsync();
            await application.CaughtUpAsync().WaitAsync(_patience);
            await application.StopAsync();
        }

        // 24 + 16 records, of which 12 + 8 were counted before and 4 are lost.
        Counts().Values.Sum().Should().Be(36, _log.ToString());
        _log.ToString().Should().Contain("4 records were deleted before they were read");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_that_does_not_end_is_reported_with_what_waits_for_it(bool holdsOffsets)
    {
        Prepare();
        var config = new Confluent.Kafka.ProducerConfig { BootstrapServers = Broker.BootstrapServers, TransactionalId = Name("stuck"), TransactionTimeoutMs = 300_000 };
        using var producer = new Confluent.Kafka.ProducerBuilder<Confluent.Kafka.Null, string>(config).Build();
        producer.InitTransactions(_patience);
        producer.BeginTransaction();
        producer.Produce(new Confluent.Kafka.TopicPartition(Name(Input), 0), new Confluent.Kafka.Message<Confluent.Kafka.Null, string> { Value = "0" });
        producer.Flush(_patience);
        if (holdsOffsets)
            SendOffsets(producer);
        Write(4);

        await using var application = Application(ProcessingGuarantee.AtLeastOnce, onDisk: false, OrphanedState.Fail, out _, stuckAfter: TimeSpan.FromSeconds(1));
        var start = application.StartAsync();
        await Monitors.Until(() => application.Status is { Activity: ApplicationActivity.Blocked } status
            && status.Detail.Contains($"{Name(Input)}-0 waits for producer", StringComparison.Ordinal)
            && status.Detail.Contains($"abort --topic {Name(Input)} --partition 0 --start-offset 0", StringComparison.Ordinal));

        producer.AbortTransaction(_patience);
        await start.WaitAsync(_patience);
        await application.CaughtUpAsync().WaitAsync(_patience);
        await Monitors.Until(() => application.Status.Activity == ApplicationActivity.Running);
        await application.StopAsync();
        Counts().Values.Sum().Should().Be(4);
    }

    [Fact]
    public async Task A_new_group_on_old_records_begins_where_its_source_says()
    {
        Prepare();
        Write(20);
        await using (var application = Application(ProcessingGuarantee.AtLeastOnce, onDisk: false, OrphanedState.RebuildFromWholeInput, out var storage, OffsetReset.Fail))
        {
            using var _ = storage;
            await application.StartAsync();
            var told = await application.Completion.Invoking(c => c.WaitAsync(_patience)).Should().ThrowAsync<LogException>();
            told.Which.Message.Should().Contain("no committed offset").And.Contain("Delivery.OffsetReset");
        }

        await using (var application = Application(ProcessingGuarantee.AtLeastOnce, onDisk: false, OrphanedState.RebuildFromWholeInput, out var storage, OffsetReset.Latest))
        {
            using var _ = storage;
            await application.StartAsync();
            await Monitors.Until(() => Committed().Count == Partitions);
            Write(8);
            await application.CaughtUpAsync().WaitAsync(_patience);
            await application.StopAsync();
        }

        Counts().Values.Sum().Should().Be(8);
    }

    public void Dispose()
    {
        _state.Delete(recursive: true);
        _log.Dispose();
        GC.SuppressFinalize(this);
    }

    private string Name(string topic) => $"{_name}-{topic}";

    private KafkaLogClients Clients() => new(new() { BootstrapServers = Broker.BootstrapServers }, new Logger<KafkaLogClients>(_log));

    private void Prepare()
    {
        using var admin = Clients().CreateAdmin("admin");
        admin.CreateTopicsAsync([new(Name(Input), Partitions, new Dictionary<string, string>()), new(Name(Output), 1, new Dictionary<string, string>())], default).GetAwaiter().GetResult();
    }

    private async Task RunOnceAsync(ProcessingGuarantee guarantee, bool onDisk, int write, OrphanedState orphaned = OrphanedState.RebuildFromWholeInput)
    {
        Prepare();
        Write(write);
        await using var application = Application(guarantee, onDisk, orphaned, out var storage);
        using var _ = storage;
        await application.StartAsync().WaitAsync(_patience);
        await application.CaughtUpAsync().WaitAsync(_patience);
        await application.StopAsync();
    }

    private StreamsApplication Application(ProcessingGuarantee guarantee, bool onDisk, OrphanedState orphaned, out IStateStorage? storage, OffsetReset? reset = null, GroupProtocol protocol = GroupProtocol.Auto, OffsetReset outOfRange = OffsetReset.Fail, TimeSpan? stuckAfter = null)
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers, GroupProtocol = protocol, RequestTimeout = TimeSpan.FromSeconds(10) }, new Logger<KafkaLogClients>(_log));
        return new StreamsApplication(Topology(reset), Options(guarantee, onDisk, orphaned, out storage, outOfRange, stuckAfter), clients, _log);
    }

    private Topology Topology(OffsetReset? reset = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(Name(Input), new() { OffsetReset = reset }).SelectKey((_, value) => value).Repartition(new() { Name = "by-value", Partitions = Partitions })
            .GroupByKey().Count("counts").ToStream().MapValues(count => count.ToString(CultureInfo.InvariantCulture)).To(Name(Output));
        return builder.Build();
    }

    private StreamsOptions Options(
        ProcessingGuarantee guarantee, bool onDisk, OrphanedState orphaned, out IStateStorage? storage, OffsetReset outOfRange = OffsetReset.Fail, TimeSpan? stuckAfter = null)
    {
        storage = onDisk ? new RocksDbState(new() { Directory = _state.FullName }) : null;
        return new StreamsOptions
        {
            ApplicationId = _name, Time = { Clock = _clock }, Delivery = { Guarantee = guarantee, OffsetOutOfRange = outOfRange }, State = { Orphaned = orphaned, Storage = storage }, StuckAfter = stuckAfter ?? TimeSpan.FromMinutes(1),
        };
    }

    private async Task<ResetPlan> ResetAsync(ResetPoint point, bool dryRun)
    {
        var options = Options(ProcessingGuarantee.ExactlyOnce, onDisk: true, OrphanedState.Fail, out var storage);
        using var _ = storage;
        return await ApplicationReset.RunAsync(Topology(), options, Clients(), point, dryRun);
    }

    private void SendOffsets(Confluent.Kafka.IProducer<Confluent.Kafka.Null, string> producer)
    {
        var config = new Confluent.Kafka.ConsumerConfig { BootstrapServers = Broker.BootstrapServers, GroupId = _name };
        using var consumer = new Confluent.Kafka.ConsumerBuilder<Confluent.Kafka.Ignore, Confluent.Kafka.Ignore>(config).Build();
        producer.SendOffsetsToTransaction([new(new(Name(Input), 0), 0)], consumer.ConsumerGroupMetadata, _patience);
    }

    private void Write(int records)
    {
        using var producer = Clients().CreateProducer("writer", null);
        // Of today: brokers delete what is a week old.
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < records; i++, _written++)
            producer.Send(Name(Input), _written / 4 % _partitions, new LogRecord { Value = Encoding.UTF8.GetBytes($"{_written % 4}"), HasValue = true, Timestamp = now + _written });
        producer.Flush();
    }

    /// <summary>The last result of each key.</summary>
    private Dictionary<string, int> Counts()
    {
        var counts = new Dictionary<string, int>();
        using var admin = Clients().CreateAdmin("admin");
        var at = new TopicPartition(Name(Output), 0);
        var end = admin.OffsetsAsync([at], default).GetAwaiter().GetResult()[at].End;
        using var reader = Clients().CreateRestoreConsumer("reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [at] = 0 });
        var clock = Stopwatch.StartNew();
        while (reader.Position(at) < end && clock.Elapsed < _patience)
        {
            var batch = reader.Poll(TimeSpan.FromMilliseconds(100));
            for (var i = 0; i < batch.Count; i++)
                counts[Encoding.UTF8.GetString(batch[i].Key)] = int.Parse(Encoding.UTF8.GetString(batch[i].Value), CultureInfo.InvariantCulture);
        }

        return counts;
    }

    private IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Committed()
    {
        using var consumer = Clients().CreateConsumer("looker", _name, readCommitted: true);
        return consumer.Committed(Enumerable.Range(0, Partitions).Select(p => new TopicPartition(Name(Input), p)).ToList());
    }

    // As a tool does that resets offsets.
    private void Commit(in TopicPartition partition, long offset)
    {
        using var consumer = Clients().CreateConsumer("tool", _name, readCommitted: true);
        consumer.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(offset, "") });
    }

    private async Task DeleteGroupAsync()
    {
        using var admin = new Confluent.Kafka.AdminClientBuilder(new Confluent.Kafka.AdminClientConfig { BootstrapServers = Broker.BootstrapServers }).Build();
        await admin.DeleteGroupsAsync([_name]);
    }

    private async Task DeleteOffsetAsync(TopicPartition partition)
    {
        using var admin = new Confluent.Kafka.AdminClientBuilder(new Confluent.Kafka.AdminClientConfig { BootstrapServers = Broker.BootstrapServers }).Build();
        await admin.DeleteConsumerGroupOffsetsAsync(_name, [new(partition.Topic, partition.Partition)]);
    }
}

public sealed class Lost_positions_on_the_embedded_broker(EmbeddedKafka broker) : LostPositionsTests
{
    protected override IKafkaBroker Broker => broker;
}

public sealed class Lost_positions_on_Apache_Kafka(ApacheKafkaFixture fixture) : LostPositionsTests
{
    protected override IKafkaBroker Broker => fixture.Broker;
}
