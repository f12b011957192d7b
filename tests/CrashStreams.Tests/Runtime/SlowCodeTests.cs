using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Runtime;

/// <summary>Users' code that takes long while much is waiting: the turn's other steps get theirs in between. Time passes in the operator only.</summary>
public sealed class SlowCodeTests
{
    private const int Records = 20_000;
    private const int IntervalMs = 100;
    private const long TransactionTimeoutMs = 10_000;

    private readonly List<(long AtMs, int Results)> _committed = [];
    private CrashStreams.Testing.Simulation.Simulation _simulation = null!;
    private int _processed;

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    public void Results_of_slow_code_are_committed_about_every_interval(ProcessingGuarantee guarantee)
    {
        Begin(guarantee, b => b.Stream<string, string>("in").Peek((_, _) => Pass(1)).To("out"));
        Until(() => Results == Records, longestMs: 2 * Records);
        _processed.Should().Be(Records, "nothing is processed twice");
        var gaps = _committed.Zip(_committed.Skip(1), (a, b) => b.AtMs - a.AtMs).ToList();
        gaps.Max().Should().BeLessThanOrEqualTo(2 * IntervalMs, "a slice of 50 ms and a record are added to it");
    }

    [Fact]
    public void Records_that_take_longer_than_the_commit_interval_are_committed_one_by_one()
    {
        Begin(ProcessingGuarantee.ExactlyOnce, b => b.Stream<string, string>("in").Peek((_, _) => Pass(3_000)).To("out"));
        Until(() => Results >= 20, longestMs: 100_000);
        _processed.Should().BeLessThanOrEqualTo(Results + 1, "a transaction never holds more than one of them");
    }

    [Fact]
    public void A_commit_interval_longer_than_the_transaction_timeout_lets_no_transaction_time_out()
    {
        Begin(ProcessingGuarantee.ExactlyOnce, b => b.Stream<string, string>("in").Peek((_, _) => Pass(10)).To("out"), intervalMs: 60_000);
        Until(() => Results >= 3_000, longestMs: 60_000);
        _processed.Should().BeLessThan(4_000);
    }

    [Fact]
    public void Punctuation_and_markers_have_their_turn_between_slow_records()
    {
        var ticks = new List<long>();
        Begin(ProcessingGuarantee.AtLeastOnce, b => b.Stream<string, string>("in").Process(() => new Ticking(this, ticks)).Repartition(new() { Name = "again" }).To("out"));
        Until(() => _processed >= 2_000, longestMs: 60_000);
        ticks.Should().HaveCountGreaterThan(2_000 / 200);
        ticks.Zip(ticks.Skip(1), (a, b) => b - a).Max().Should().BeLessThanOrEqualTo(200);
        Cluster.Partitions("app-again-repartition").Sum(p => Enumerable.Range(0, (int)p.End).Count(o => p[o]!.IsMarker)).Should().BeGreaterThan(2_000 / 200);
    }

    [Fact]
    public void Buffered_records_of_several_inputs_are_no_longer_turn_either()
    {
        Begin(ProcessingGuarantee.ExactlyOnce, b => b.Stream<string, string>("in").Merge(b.Stream<string, string>("more")).Peek((_, _) => Pass(1)).To("out"), "more");
        Until(() => Results == Records, longestMs: 2 * Records);
        _committed.Zip(_committed.Skip(1), (a, b) => b.AtMs - a.AtMs).Max().Should().BeLessThanOrEqualTo(2 * IntervalMs, "a slice of 50 ms and a record are added to it");
    }

    [Fact]
    public void A_batch_of_slow_records_does_not_keep_a_new_instance_waiting_until_it_is_done()
    {
        Begin(ProcessingGuarantee.AtLeastOnce, b => b.Stream<string, string>("in").Peek((_, _) => Pass(100)).To("out"), partitions: 2, instances: 2);
        var (first, second) = (_simulation.Instances[0], _simulation.Instances[1]);
        for (var i = 0; i < 20; i++)
            first.Step();
        second.Step();
        var joinedMs = Cluster.NowMs;
        while (second.Thread!.Tasks.Count == 0)
        {
            first.Step();
            second.Step();
        }

        (Cluster.NowMs - joinedMs).Should().BeLessThan(15_000, "the batches take 50 s");
    }

    private SimulatedCluster Cluster => _simulation.Cluster;

    private int Results => Cluster.Partition(new("out", 0)).Committed().Count();

    private void Pass(int ms)
    {
        _processed++;
        Cluster.Time.Advance(TimeSpan.FromMilliseconds(ms));
        Cluster.Tick();
    }

    private void Until(Func<bool> isDone, long longestMs)
    {
        var endMs = Cluster.NowMs + longestMs;
        var last = 0;
        while (!isDone())
        {
            Cluster.NowMs.Should().BeLessThan(endMs, "it never comes to an end otherwise ({0} results, {1} records processed)", Results, _processed);
            var before = Cluster.NowMs;
            _simulation.Instances[0].Step();
            if (Results != last)
                _committed.Add((Cluster.NowMs, last = Results));
            if (Cluster.NowMs == before)
                Cluster.Time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    private void Begin(ProcessingGuarantee guarantee, Action<StreamsBuilder> build, string? second = null, int partitions = 1, int instances = 1, int intervalMs = IntervalMs)
    {
        var builder = new StreamsBuilder();
        build(builder);
        var topics = new Dictionary<string, int> { ["in"] = partitions, ["out"] = 1 };
        if (second is not null)
            topics[second] = partitions;
        _simulation = new(new SimulationRandom(1), new()
        {
            Topology = builder.Build(),
            Options = new() { ApplicationId = "app", Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(intervalMs) }, PollWait = TimeSpan.Zero },
            Plan = new()
            {
                Instances = instances, IsEager = false, CommitIntervalMs = IntervalMs, MaxPollRecords = Records, MaxStepMs = 100, TransactionTimeoutMs = TransactionTimeoutMs,
                CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, CompactionRate = 0, MissedEpochRate = 0,
            },
            Input = [],
            ExternalTopics = topics,
            StartTime = DateTimeOffset.UnixEpoch.AddDays(20_000),
            ChaosSteps = 0,
        });
        for (var i = 0; i < Records; i++)
        {
            var to = Cluster.Partition(new(second is not null && i % 2 == 1 ? second : "in", i / 2 % partitions));
            Cluster.Append(to, new("k"u8.ToArray(), "v"u8.ToArray(), Cluster.NowMs + i, null, null, false), -1, i + 1);
        }
    }

    private sealed class Ticking(SlowCodeTests test, List<long> ticks) : Processing.Processor<string, string, string, string>
    {
        protected override void Init() => Context.Schedule(TimeSpan.FromMilliseconds(50), Processing.PunctuationType.WallClock, ticks.Add);

        public override void Process(in Record<string, string> record)
        {
            test.Pass(1);
            Forward(in record);
        }
    }
}
