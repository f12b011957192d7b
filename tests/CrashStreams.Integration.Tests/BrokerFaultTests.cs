using CrashStreams.Broker;
using CrashStreams.Broker.Faults;
using CrashStreams.Engine;
using CrashStreams.Protocol;

namespace CrashStreams.Integration.Tests;

/// <summary>What a broker may do to a running monitor under exactly-once: it goes on by itself, and no alert is missing, wrong, extra or doubled.</summary>
public sealed class BrokerFaultTests : IAsyncLifetime
{
    private const int Half = 15_000;

    private static readonly Dictionary<string, Action<BrokerFaults>> _faults = new()
    {
        ["a newer producer has taken over"] = f => f.Fail(ApiKey.EndTxn, ErrorCode.ProducerFenced),
        ["the producer's epoch is old when it adds offsets"] = f => f.Fail(ApiKey.TxnOffsetCommit, ErrorCode.InvalidProducerEpoch),
        ["the transaction times out"] = f => f.Delay(ApiKey.TxnOffsetCommit, _transactionTimeout * 2),
        ["the group's generation is old"] = f => f.Fail(ApiKey.TxnOffsetCommit, ErrorCode.IllegalGeneration),
        ["the group does not know the member"] = f => f.Fail(ApiKey.ConsumerGroupHeartbeat, ErrorCode.UnknownMemberId),
        ["the group has fenced the member"] = f => f.Fail(ApiKey.ConsumerGroupHeartbeat, ErrorCode.FencedMemberEpoch),
        ["the transaction coordinator moves before a commit"] = f => f.Fail(ApiKey.EndTxn, ErrorCode.NotCoordinator, count: 3),
        ["the transaction coordinator loads"] = f => f.Fail(ApiKey.EndTxn, ErrorCode.CoordinatorLoadInProgress, count: 3),
        ["the group coordinator moves before offsets are added"] = f => f.Fail(ApiKey.TxnOffsetCommit, ErrorCode.NotCoordinator, count: 3),
        ["the group coordinator is not there"] = f => f.Fail(ApiKey.ConsumerGroupHeartbeat, ErrorCode.CoordinatorNotAvailable, count: 3),
        ["nobody hears that a transaction was committed"] = f => f.LoseAnswer(ApiKey.EndTxn),
        ["nobody hears that records were written"] = f => f.LoseAnswer(ApiKey.Produce, count: 3),
        ["connections break before records are written"] = f => f.Disconnect(ApiKey.Produce, count: 3),
        ["records come in the wrong order"] = f => f.Fail(ApiKey.Produce, ErrorCode.OutOfOrderSequenceNumber),
    };

    private static readonly TimeSpan _transactionTimeout = TimeSpan.FromSeconds(2);
    private EmbeddedBroker _broker = null!;

    public static TheoryData<string> Faults => [.. _faults.Keys];

    public async ValueTask InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new BrokerOptions());

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Alerts_stay_exact_when(string fault)
    {
        await using var monitors = await Monitors.PrepareAsync(new Kafka.KafkaOptions { BootstrapServers = _broker.BootstrapServers, TransactionTimeout = _transactionTimeout }, ProcessingGuarantee.ExactlyOnce);
        var instance = monitors.New();
        await instance.StartAsync();
        await monitors.LoadAsync(Half, speed: 20);
        await Monitors.Until(() => instance.ProcessedRecords > 0);

        _faults[fault](_broker.Faults);
        await monitors.LoadAsync(Half, speed: 20);

        await monitors.VerifyAsync();
        instance.State.Should().Be(ApplicationState.Running);
    }

    [Fact]
    public async Task Alerts_stay_exact_when_an_instance_does_not_poll_for_too_long()
    {
        var limit = TimeSpan.FromSeconds(2);
        var kafka = new Kafka.KafkaOptions { BootstrapServers = _broker.BootstrapServers, SessionTimeout = limit, MaxPollInterval = limit, TransactionTimeout = _transactionTimeout };
        await using var monitors = await Monitors.PrepareAsync(kafka, ProcessingGuarantee.ExactlyOnce);
        using var gate = new ManualResetEventSlim();
        var slow = monitors.New(onAlert: _ => gate.Wait());
        await slow.StartAsync();
        await monitors.LoadAsync(Half);
        var other = monitors.New();
        await other.StartAsync();

        await Monitors.Until(() => other.Threads.SelectMany(t => t.Tasks).Count() == 2 * Monitors.Partitions);
        gate.Set();
        await monitors.LoadAsync(Half);

        await monitors.VerifyAsync();
        slow.State.Should().Be(ApplicationState.Running);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Inputs_behind_a_hanging_connection_are_not_taken_for_idle(ProcessingGuarantee guarantee)
    {
        await using var monitors = await Monitors.PrepareAsync(_broker.BootstrapServers, guarantee);
        static void SoonIdle(StreamsOptions options) => options.Time.IdleAfter = TimeSpan.FromSeconds(1);
        var (first, second) = (monitors.New(change: SoonIdle), monitors.New(change: SoonIdle));
        await Task.WhenAll(first.StartAsync(), second.StartAsync());
        await Monitors.Until(() => first.Threads.Concat(second.Threads).SelectMany(t => t.Tasks).Count(t => t.State == TaskState.Running) == 2 * Monitors.Partitions);
        var load = monitors.LoadAsync(speed: 10);
        await Monitors.Until(() => first.ProcessedRecords > 0 && second.ProcessedRecords > 0);

        // All that one of them reads comes four seconds late, while the other one's clock goes on by forty.
        _broker.Faults.Delay(ApiKey.Fetch, TimeSpan.FromSeconds(4));
        await load;

        await monitors.VerifyAsync();
    }

    [Fact]
    public async Task An_instance_stops_in_order_when_the_group_refuses_its_last_commit()
    {
        await using var monitors = await Monitors.PrepareAsync(_broker.BootstrapServers, ProcessingGuarantee.AtLeastOnce);
        var instance = monitors.New(change: options => options.Delivery.CommitInterval = TimeSpan.FromHours(1));
        await instance.StartAsync();
        var load = monitors.LoadAsync(speed: 10);
        await Monitors.Until(() => instance.ProcessedRecords > 0);

        _broker.Faults.Fail(ApiKey.OffsetCommit, ErrorCode.UnknownMemberId, count: 10);
        await instance.StopAsync();

        instance.State.Should().Be(ApplicationState.Stopped);
        monitors.Log.Should().Contain("without its last commit");
        await load;
    }
}
