using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>A thread that has nothing of its own keeps the other one's store warm.</summary>
public sealed class StandbyTests : IDisposable
{
    private static readonly TopicPartition _changelog = new("warm-counts-changelog", 0);

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly MemoryLog _log = new();
    private readonly List<RestoreProgress> _restores = [];
    private readonly MemoryStateStorage _storage;
    private StreamThread? _thread;
    private IAssignmentListener _group = null!;

    public StandbyTests()
    {
        _log.Create("in", 1);
        _storage = new(_time);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Only_the_tail_is_restored_when_the_task_comes(bool hasEngine)
    {
        Start(hasEngine);
        for (var i = 0; i < 100; i++)
            OwnerWrites($"user-{i}", 1);
        Owner(MemberTaskState.Running);
        Turns(5);
        OwnerWrites("ann", 7);

        _group.Assigned([new("in", 0)]);
        Turns(5);

        _restores.Where(r => r.IsComplete).Sum(r => r.Records).Should().BeInRange(0, 1);
        var store = (CrashStreams.Stores.KeyValueStore<string, long>)_thread!.Tasks.Single().Context.Store("counts");
        store.All().Should().HaveCount(101);
        store.TryGet("ann", out var count).Should().BeTrue();
        count.Should().Be(7);
    }

    [Fact]
    public void A_copy_on_disk_of_a_changelog_that_was_made_anew_is_rebuilt_when_the_task_comes()
    {
        Start(hasEngine: true);
        CopyThenMakeAnew();

        _group.Assigned([new("in", 0)]);
        Turns(5);

        var store = (CrashStreams.Stores.KeyValueStore<string, long>)_thread!.Tasks.Single().Context.Store("counts");
        store.All().Select(e => e.Key).Should().Equal("bob", "cleo", "dan");
    }

    [Fact]
    public void A_copy_in_memory_of_a_changelog_that_was_made_anew_is_not_taken_over()
    {
        Start(hasEngine: false);
        CopyThenMakeAnew();

        _group.Invoking(g => g.Assigned([new("in", 0)])).Should().Throw<LogException>().Where(e => e.IsRetriable).WithMessage("*made anew*");
    }

    [Fact]
    public void A_copy_is_given_up_when_an_owner_waits_for_its_lock()
    {
        Start(hasEngine: true);
        OwnerWrites("ann", 1);
        Owner(MemberTaskState.Running);
        Turns(5);
        var other = _storage.OtherProcess();
        other.TryLock("warm", "0_0").Should().BeFalse("the copy is open");

        Owner(MemberTaskState.Waiting);
        Turns(5);
        other.TryLock("warm", "0_0").Should().BeTrue();
    }

    [Fact]
    public void A_copy_is_kept_when_the_owner_falls_silent_before_the_group_misses_it()
    {
        Start(hasEngine: true);
        OwnerWrites("ann", 1);
        Owner(MemberTaskState.Running);
        Turns(5);
        Turns(40);
        _thread!.Directory!.Alive(_thread.NowMs()).Should().ContainSingle();
        _storage.OtherProcess().TryLock("warm", "0_0").Should().BeFalse("the copy is open");
    }

    [Fact]
    public void A_copy_writes_nothing_to_the_log()
    {
        Start(hasEngine: true);
        OwnerWrites("ann", 1);
        Owner(MemberTaskState.Running);
        Turns(10);
        _log.Partition(_changelog).Should().HaveCount(1);
        _log.Committed.Should().BeEmpty();
    }

    [Fact]
    public void The_meter_tells_how_many_records_a_copy_is_behind_until_the_task_comes()
    {
        using var meter = new MetricCollector("warm");
        Start(hasEngine: false);
        for (var i = 0; i < 2_500; i++)
            OwnerWrites($"user-{i}", 1);
        Owner(MemberTaskState.Running);
        var lags = new List<long>();
        for (var turn = 0; turn < 10 && !lags.Contains(0); turn++)
        {
            Turns(1);
            if (meter.Read("crashstreams.standby.lag", "task").TryGetValue("0_0", out var lag))
                lags.Add(lag);
        }

        lags.Should().Equal(1_500, 500, 0);
        OwnerWrites("ann", 7);
        _log.Unavailable.Add(_changelog);
        Turns(1);
        meter.Read("crashstreams.standby.lag", "task").Should().Contain("0_0", 1);

        _group.Assigned([new("in", 0)]);
        meter.Read("crashstreams.standby.lag", "task").Should().BeEmpty();
    }

    public void Dispose() => _thread?.Dispose();

    private void Start(bool hasEngine)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        var topology = builder.Build();
        var options = new StreamsOptions
        {
            ApplicationId = "warm", State = { StandbyReplicas = 1, Storage = hasEngine ? _storage : null, OnRestore = _restores.Add }, PollWait = TimeSpan.Zero, BlindAfter = TimeSpan.MaxValue,
        };
        var clients = new MemoryLogClients(_log);
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        _thread = new("warm-1-0", topology, options, topics, new Apart(clients), _time, NullLogger.Instance);
        _group = _thread;
        _thread.Start();
    }

    private void CopyThenMakeAnew()
    {
        OwnerWrites("ann", 1);
        Owner(MemberTaskState.Running);
        Turns(5);
        _log.Delete(_changelog.Topic);
        _log.Create(_changelog.Topic, 1);
        foreach (var key in new[] { "bob", "cleo", "dan" })
            OwnerWrites(key, 7);
    }

    private void Turns(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(600));
            _thread!.RunOnce();
        }
    }

    private void Owner(MemberTaskState state) => Append("warm-instances", "warm-2-0", System.Text.Encoding.UTF8.GetBytes(new Member("warm-2-0", null, [new(new(0, 0), state)]).Value));

    private void OwnerWrites(string key, byte count) => Append(_changelog.Topic, key, [0, 0, 0, 0, 0, 0, 0, count]);

    private void Append(string topic, string key, byte[] value) => _log.Append(
        topic, 0, new() { Key = System.Text.Encoding.UTF8.GetBytes(key), HasKey = true, Value = value, HasValue = true, Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds() });

    /// <summary>The group gives this thread nothing until the test says so.</summary>
    private sealed class Apart(MemoryLogClients inner) : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => new NoGroup(inner.CreateRestoreConsumer(clientId, readCommitted));

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }
}
