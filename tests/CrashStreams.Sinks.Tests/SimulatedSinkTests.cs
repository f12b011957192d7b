using System.Globalization;
using System.Text;
using CrashStreams.Log;
using CrashStreams.Testing;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Sinks.Tests;

/// <summary>Instances that crash, sleep, lose their tasks and come back, and storage that is slow, full and silent: which rows are in files at the end?</summary>
public class SimulatedSinkTests
{
    private const int Seeds = 40;

    private static readonly DateTimeOffset _start = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    [Fact]
    public void Exactly_once_each_row_is_once_over_all_files_whatever_happens()
    {
        var runs = Enumerable.Range(1, Seeds).Select(seed => Run(seed, ProcessingGuarantee.ExactlyOnce)).ToList();

        foreach (var run in runs)
        {
            run.Violations.Should().BeEmpty("seed {0}", run.Seed);
            run.Written.Should().BeEquivalentTo(run.Rows, "seed {0}", run.Seed);
        }

        runs.Sum(run => run.Replaced).Should().BePositive("or no crash came between a file and the commit after it");
    }

    [Fact]
    public void At_least_once_no_row_is_missing()
    {
        foreach (var run in Enumerable.Range(1, Seeds).Select(seed => Run(seed, ProcessingGuarantee.AtLeastOnce)))
        {
            run.Violations.Should().BeEmpty("seed {0}", run.Seed);
            run.Rows.Except(run.Written).Should().BeEmpty("seed {0}", run.Seed);
        }
    }

    [Fact]
    public void Storage_that_does_not_replace_files_of_the_same_name_is_found_out() =>
        Enumerable.Range(1, Seeds).Select(seed => Run(seed, ProcessingGuarantee.ExactlyOnce, forgetsNames: true))
            .Any(run => run.Written.Count > run.Rows.Count).Should().BeTrue("crashes come between a file and the commit after it");

    private sealed record Outcome(int Seed, List<string> Rows, List<string> Written, List<string> Violations, int Replaced);

    private static Outcome Run(int seed, ProcessingGuarantee guarantee, bool forgetsNames = false)
    {
        var random = new SimulationRandom((ulong)seed);
        var draw = new Random(seed);
        var partitions = draw.Next(1, 5);
        var rows = Enumerable.Range(0, draw.Next(50, 300)).Select(i => (Partition: draw.Next(partitions), Text: $"row {i.ToString(CultureInfo.InvariantCulture)}", AtMs: draw.Next(20_000))).ToList();
        var plan = SimulationPlan.Of(random.Fork()) with { SleepsWhileWriting = guarantee == ProcessingGuarantee.ExactlyOnce };
        var time = new Clock();
        // A run counts as at rest after half a minute without a record: files that are slow are not also refused.
        var storage = draw.Next(2) == 0
            ? new SlowStorage(draw, time) { ForgetsNames = forgetsNames, LongestDelayMs = 8_000 }
            : new SlowStorage(draw, time) { ForgetsNames = forgetsNames, LongestDelayMs = draw.Next(600), RefusalRate = 0.2, LostAnswerRate = 0.2 };
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("rows").ToFiles(builder, new FileSink<string>("files", Serdes.String, new LineFormat(), storage)
        {
            MaxRows = draw.Next(10, 60),
            MaxAge = TimeSpan.FromMilliseconds(draw.Next(3) * 500),
            Folder = draw.Next(2) == 0 ? null : row => $"group={row.Length}",
        });
        var simulation = new Simulation(random, new()
        {
            Topology = builder.Build(),
            Options = new()
            {
                ApplicationId = "app", PollWait = TimeSpan.Zero, Delivery = { Guarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(plan.CommitIntervalMs) },
                Time = { MaxFuture = TimeSpan.FromDays(1) },
            },
            Plan = plan,
            Input = rows.OrderBy(row => row.AtMs)
                .Select(row => new SimulatedInput(new("rows", row.Partition), null, Encoding.UTF8.GetBytes(row.Text), _start.ToUnixTimeMilliseconds() + row.AtMs, _start.ToUnixTimeMilliseconds() + row.AtMs)).ToList(),
            ExternalTopics = new Dictionary<string, int> { ["rows"] = partitions },
            StartTime = _start,
            ChaosSteps = random.Pick([100, 400, 1500]),
        });
        time.Inner = simulation.Cluster.Time;
        // What waits for the clock goes on where the clock is moved, in this thread.
        SynchronizationContext.SetSynchronizationContext(null);
        simulation.Run();
        return new(
            seed, rows.ConvertAll(row => row.Text), storage.Files.Values.SelectMany(LineFormat.Read).ToList(), [.. simulation.Violations, .. guarantee == ProcessingGuarantee.ExactlyOnce ? storage.Violations : []],
            storage.Replaced);
    }

    // The simulation makes the clock, from a topology that needs it.
    private sealed class Clock : TimeProvider
    {
        public TimeProvider Inner { get; set; } = null!;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => Inner.CreateTimer(callback, state, dueTime, period);
    }
}
