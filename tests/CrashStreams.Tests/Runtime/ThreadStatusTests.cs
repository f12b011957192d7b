using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>What an application says of its threads on their way to processing records.</summary>
public sealed class ThreadStatusTests : IDisposable
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private readonly MemoryLog _log = new();
    private readonly List<RestoreProgress> _restores = [];
    private readonly MemoryStateStorage _storage;
    private StreamThread? _thread;

    public ThreadStatusTests()
    {
        _storage = new(_time);
        _log.Create("in", 2);
    }

    public void Dispose() => _thread?.Dispose();

    [Fact]
    public void A_thread_that_has_not_begun_or_waits_for_its_partitions_is_joining()
    {
        ThreadStatus.Of([null]).Should().Be(new ApplicationStatus(ApplicationActivity.Joining));
        Start(isAlone: false);
        _thread!.RunOnce();
        Status.Should().Be(new ApplicationStatus(ApplicationActivity.Joining));
    }

    [Fact]
    public void A_spare_thread_to_which_the_group_gives_nothing_runs()
    {
        Start(isAlone: false);
        _time.Advance(TimeSpan.FromSeconds(11));
        Status.Activity.Should().Be(ApplicationActivity.Running);
        Status.Detail.Should().Contain("nothing");
    }

    [Fact]
    public void How_many_tasks_run_and_how_much_is_left_is_told_while_state_is_restored()
    {
        Fill(partition: 0, 30);
        _log.Create("app-counts-changelog", 2);
        _log.Unavailable.Add(new("app-counts-changelog", 0));
        Start();
        _thread!.RunOnce();
        Status.Should().Be(new ApplicationStatus(ApplicationActivity.Restoring, "1 of 2 tasks run, 30 records of their changelogs are left"));

        _log.Unavailable.Clear();
        _thread.RunOnce();
        Status.Should().Be(new ApplicationStatus(ApplicationActivity.Running));
    }

    [Fact]
    public void State_that_another_process_holds_blocks()
    {
        var other = _storage.OtherProcess();
        other.TryLock("app", "0_1").Should().BeTrue();
        Start(hasDisk: true);
        for (var i = 0; i < 30; i++)
        {
            _thread!.RunOnce();
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Status.Activity.Should().Be(ApplicationActivity.Blocked);
        Status.Detail.Should().Contain("0_1").And.Contain("locked by another process");
        other.Unlock("app", "0_1");
        _thread!.RunOnce();
        _thread.RunOnce();
        Status.Activity.Should().Be(ApplicationActivity.Running);
    }

    [Fact]
    public void An_application_whose_tasks_were_all_taken_away_waits_for_others()
    {
        Start();
        _thread!.RunOnce();
        ((IAssignmentListener)_thread).Revoked([new("in", 0), new("in", 1)]);
        Status.Activity.Should().Be(ApplicationActivity.Joining);
    }

    [Fact]
    public void A_restore_that_is_given_up_is_reported_once()
    {
        Fill(partition: 0, 30);
        _log.Unavailable.Add(new("app-counts-changelog", 0));
        Start();
        ((IAssignmentListener)_thread!).Lost([new("in", 0)]);
        _thread.Dispose();

        _restores.Where(static r => r.IsGivenUp).Should().ContainSingle().Which.Should().Match<RestoreProgress>(static r => r.Task.Partition == 0 && r.Remaining == 30 && !r.IsComplete);
    }

    [Fact]
    public void A_listener_that_throws_keeps_no_state_from_being_restored()
    {
        Fill(partition: 0, 30);
        Start(listener: static _ => throw new InvalidOperationException("display"));
        _thread!.RunOnce();
        _thread.RunOnce();
        Status.Activity.Should().Be(ApplicationActivity.Running);
    }

    private ApplicationStatus Status => ThreadStatus.Of([_thread]);

    private void Fill(int partition, int records)
    {
        _log.Create("app-counts-changelog", 2);
        for (var i = 0; i < records; i++)
            _log.Append("app-counts-changelog", partition, new() { Key = [(byte)i], HasKey = true, Value = new byte[8], HasValue = true, Timestamp = 1 });
    }

    private void Start(bool isAlone = true, bool hasDisk = false, Action<RestoreProgress>? listener = null)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], string>("in").GroupByKey().Count("counts");
        var topology = builder.Build();
        var options = new StreamsOptions { ApplicationId = "app", PollWait = TimeSpan.Zero, BlindAfter = TimeSpan.MaxValue, State = { Storage = hasDisk ? _storage : null, OnRestore = listener ?? _restores.Add } };
        ILogClients clients = isAlone ? new MemoryLogClients(_log) : new SpareClients(new(_log));
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        _thread = new("app-1-0", topology, options, topics, clients, _time, NullLogger.Instance);
        _thread.Start();
        _thread.RunOnce();
    }

    /// <summary>The group's partitions are all with others.</summary>
    private sealed class SpareClients(MemoryLogClients inner) : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => new NoGroup(inner.CreateRestoreConsumer(clientId, readCommitted));

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => inner.CreateRestoreConsumer(clientId, readCommitted);

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => inner.CreateProducer(clientId, transactionalId);

        public ILogAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
    }
}
