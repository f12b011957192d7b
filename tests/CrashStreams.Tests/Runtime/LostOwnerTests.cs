using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>An instance that is killed in the middle of a transaction that no timeout would end: the one that inherits its partition ends it, and nobody's who is alive.</summary>
public class LostOwnerTests
{
    private const int Partitions = 3;
    private const int CommitMs = 2_000;
    private const long SessionMs = 6_000;
    private const int TurnMs = 100;

    private readonly CrashStreams.Testing.Simulation.Simulation _simulation;
    private long _written;
    private int _looks;

    // Two sub-topologies of different widths: tasks of the same number have different owners.
    public LostOwnerTests()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Repartition(new() { Name = "by-key", Partitions = Partitions + 1 }).To("out");
        _simulation = new(new SimulationRandom(1), new()
        {
            Topology = builder.Build(),
            Options = new()
            {
                ApplicationId = "app", Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMilliseconds(CommitMs) }, PollWait = TimeSpan.Zero, HostInfo = "host",
            },
            Plan = new()
            {
                Instances = Partitions, IsEager = false, CommitIntervalMs = CommitMs, MaxPollRecords = 20, MaxStepMs = 100, SessionTimeoutMs = SessionMs, TransactionTimeoutMs = 3_600_000,
                CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, CompactionRate = 0, MissedEpochRate = 0,
            },
            Input = [],
            ExternalTopics = new Dictionary<string, int> { ["in"] = Partitions, ["out"] = 1 },
            StartTime = DateTimeOffset.UnixEpoch.AddDays(20_000),
            ChaosSteps = 0,
        });
    }

    [Fact]
    public void What_a_killed_instance_left_open_is_ended_when_its_session_has_ended_and_who_gave_partitions_up_alive_is_left_alone()
    {
        Until(IsShared);
        var (first, second, victim) = (OwnerOf(0), OwnerOf(1), OwnerOf(2));
        Until(() => Knows(first, second) && Knows(second, victim));
        Until(() => Cluster.Transactions.IsOpen(victim.Thread!.Name), keepsWriting: true);
        var threads = (first.Thread, second.Thread);

        // Range assignment: the first gets the second's partition, the second the victim's.
        victim.IsPaused = true;
        var killedMs = Cluster.NowMs;
        Until(() => Cluster.Partition(new("out", 0)).Committed().Count() == _written);

        OwnerOf(1).Should().BeSameAs(first);
        (Cluster.NowMs - killedMs).Should().BeInRange(SessionMs, SessionMs + 1_000 + CommitMs, "results are seen with the next commit");
        for (var endMs = Cluster.NowMs + 20_000; Cluster.NowMs < endMs;)
            Turn(keepsWriting: true);
        (first.Thread, second.Thread).Should().Be(threads, "a fenced producer would have ended its thread");
    }

    // Idle threads look for records up to a second at a time, so signs of life come when they can.
    [Theory]
    [InlineData(100)]
    [InlineData(900)]
    public void A_thread_that_begins_again_does_so_once_and_the_others_go_on(int turnMs)
    {
        Until(IsShared, turnMs: turnMs);
        for (var (failing, endMs) = (1, Cluster.NowMs); failing <= 10; failing++)
        {
            var (failed, others) = (_simulation.Instances[failing % Partitions], _simulation.Instances.Where((_, i) => i != failing % Partitions).ToList());
            var (before, thread) = (others.ConvertAll(i => i.Thread), failed.Thread);
            Cluster.Transactions.Initialize(thread!.Name);
            Until(() => failed.Thread is { } next && next != thread && IsShared(), keepsWriting: true, turnMs);
            thread = failed.Thread;
            for (endMs = Cluster.NowMs + 10_000 + (failing * 500); Cluster.NowMs < endMs;)
                Turn(keepsWriting: failing % 2 == 0, turnMs);
            others.ConvertAll(i => i.Thread).SequenceEqual(before).Should().BeTrue("nobody alive is fenced, time {0}", failing);
            ReferenceEquals(failed.Thread, thread).Should().BeTrue("it has begun again already, time {0}", failing);
        }

        Until(() => Cluster.Partition(new("out", 0)).Committed().Count() == _written, turnMs: turnMs);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Suspect_is_whose_task_has_come_here_not_who_has_another_of_the_same_number(int subTopology, bool isFenced)
    {
        using var owner = Directory("owner");
        using var heir = Directory("heir");
        var lost = Lost(heir);
        owner.Tell(Cluster.NowMs, [new(new(subTopology, 1), MemberTaskState.Running)]);
        heir.Listen(Cluster.NowMs, TimeSpan.Zero);

        // Idle threads give signs of life this far apart.
        Cluster.Time.Advance(TimeSpan.FromMilliseconds(4_000));
        lost.Suspect([new("in", 1)], Cluster.NowMs, () => []);
        IsFenced("owner").Should().Be(isFenced);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 200)]
    [InlineData(false, 200)]
    public void Who_has_not_listened_hears_first_and_judges_then(bool ownerSpeaks, int wordsOfOthers)
    {
        using var owner = Directory("owner");
        using var other = Directory("other");
        using var heir = Directory("heir");
        var lost = Lost(heir);
        owner.Tell(Cluster.NowMs, [new(new(0, 1), MemberTaskState.Running)]);
        heir.Listen(Cluster.NowMs, TimeSpan.Zero);

        // Where there are many, they are not read at once.
        Cluster.Time.Advance(TimeSpan.FromMilliseconds(9_000));
        for (var i = 0; i < wordsOfOthers; i++)
            other.Tell(Cluster.NowMs, []);
        if (ownerSpeaks)
            owner.Tell(Cluster.NowMs, []);
        lost.Suspect([new("in", 1)], Cluster.NowMs, () => []);
        IsFenced("owner").Should().BeFalse();
        for (var turn = 0; turn < 200; turn++)
        {
            Cluster.Time.Advance(TimeSpan.FromMilliseconds(TurnMs));
            heir.RunOnce(Cluster.NowMs, () => []);
            lost.RunOnce(Cluster.NowMs);
        }

        IsFenced("owner").Should().Be(!ownerSpeaks);
    }

    [Fact]
    public void An_owner_is_fenced_also_when_the_thread_that_suspects_it_has_ended_meanwhile()
    {
        using var owner = Directory("owner");
        owner.Tell(Cluster.NowMs, [new(new(0, 1), MemberTaskState.Running)]);
        var aside = new PostponingClients(Clients);
        using (var clients = new ThreadClients(aside, NullLogger.Instance))
        {
            using var heir = new StreamThread(
                "heir", _simulation.Topology, _simulation.Options, _simulation.Topics, clients, Cluster.Time, NullLogger.Instance, aside: aside);
            heir.Start();
            heir.Directory!.Listen(Cluster.NowMs, TimeSpan.Zero);
            Cluster.Time.Advance(TimeSpan.FromMilliseconds(4_000));
            ((IAssignmentListener)heir).Assigned([new("in", 1)]);
        }

        aside.Work.Should().ContainSingle();
        aside.Work[0]();
        IsFenced("owner").Should().BeTrue();
    }

    private SimulatedClients Clients => new(Cluster, new(_simulation, _simulation.Instances[0], new SimulationRandom(1)), _simulation.Plan);

    private InstanceDirectory Directory(string name)
    {
        Cluster.Transactions.Initialize(name);
        return new(name, _simulation.Options, Clients, Clients.CreateAdmin(""), NullLogger.Instance);
    }

    private LostOwners Lost(InstanceDirectory directory) => new("heir", "app", _simulation.Topology, directory, Clients, NullLogger.Instance);

    // Every look is the next epoch.
    private bool IsFenced(string name) => Cluster.Transactions.Initialize(name) > 2 + _looks++;

    private bool IsShared() => _simulation.Instances.All(i => i.Thread?.Tasks.Count >= 2);

    private SimulatedCluster Cluster => _simulation.Cluster;

    private bool Knows(SimulatedInstance one, SimulatedInstance other) => one.Thread!.Directory!.HeardAtMs(other.Thread!.Name) is not null;

    private SimulatedInstance OwnerOf(int partition) => _simulation.Instances.Single(i => !i.IsPaused && i.Thread!.Tasks.Any(t => t.Id == new TaskId(0, partition)));

    private void Until(Func<bool> condition, bool keepsWriting = false, int turnMs = TurnMs)
    {
        for (var turn = 0; !condition(); turn++)
        {
            turn.Should().BeLessThan(1_000, "it happens some time");
            Turn(keepsWriting, turnMs);
        }
    }

    private void Turn(bool keepsWriting, int turnMs = TurnMs)
    {
        for (var partition = 0; keepsWriting && partition < Partitions; partition++)
        {
            _written++;
            Cluster.Append(Cluster.Partition(new("in", partition)), new([1], [1], Cluster.NowMs, null, null, false), -1, _written);
        }

        foreach (var instance in _simulation.Instances)
        {
            if (!instance.IsPaused)
                instance.Step();
        }

        Cluster.Time.Advance(TimeSpan.FromMilliseconds(turnMs));
        Cluster.Tick();
    }

    /// <summary>What is to be done aside is done when the test says so.</summary>
    private sealed class PostponingClients(ILogClients inner) : ForwardingClients(inner)
    {
        public List<Action> Work { get; } = [];

        public override void RunAside(Action work) => Work.Add(work);
    }
}
