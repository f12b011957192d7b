using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Runtime;

/// <summary>One of three instances is killed in the middle of a transaction that no timeout would end: the one that inherits its partition does.</summary>
public class LostOwnerTests
{
    private const int Partitions = 3;
    private const int CommitMs = 2_000;
    private const long SessionMs = 6_000;

    private readonly CrashStreams.Testing.Simulation.Simulation _simulation;
    private long _written;

    public LostOwnerTests()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        _simulation = new(new SimulationRandom(1), new()
        {
            Topology = builder.Build(),
            Options = new()
            {
                ApplicationId = "app", Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMilliseconds(CommitMs), PollWait = TimeSpan.Zero, HostInfo = "host",
            },
            Plan = new()
            {
                Instances = Partitions, IsEager = false, CommitIntervalMs = CommitMs, MaxPollRecords = 20, MaxStepMs = 100, SessionTimeoutMs = SessionMs, TransactionTimeoutMs = 3_600_000,
                CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, CompactionRate = 0,
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
        Until(() => _simulation.Instances.All(i => i.Thread?.Tasks.Count == 1));
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

    private SimulatedCluster Cluster => _simulation.Cluster;

    private bool Knows(SimulatedInstance one, SimulatedInstance other) => one.Thread!.Directory!.HeardAtMs(other.Thread!.Name) is not null;

    private SimulatedInstance OwnerOf(int partition) => _simulation.Instances.Single(i => !i.IsPaused && i.Thread!.Tasks.Any(t => t.Id.Partition == partition));

    private void Until(Func<bool> condition, bool keepsWriting = false)
    {
        for (var turn = 0; !condition(); turn++)
        {
            turn.Should().BeLessThan(1_000, "it happens some time");
            Turn(keepsWriting);
        }
    }

    private void Turn(bool keepsWriting)
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

        Cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
        Cluster.Tick();
    }
}
