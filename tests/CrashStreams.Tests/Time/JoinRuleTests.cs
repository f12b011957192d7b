using System.Globalization;
using System.Text;
using CrashStreams.Testing;
using CrashStreams.Testing.Simulation;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.Time;

/// <summary>
/// The rules of joins against an ideal live run, by brute force: a few partitions of a few records each, drained in any portions through a shuffle into one task. In the ideal run one clock
/// ticks, a record appears at the tick to which its partition has come with it, and nobody is ahead of anybody.
/// </summary>
public class JoinRuleTests
{
    private const int Cases = 400;

    // Later than everything: the clock passes all that waits.
    private const int EndMs = 1_000_000;

    [Fact]
    public void Streams_meet_whom_they_meet_live_and_come_out_alone_or_late_where_they_do_live() => ForEachCase(static (logs, random) =>
    {
        var (before, after, grace) = (random.Between(0, 6), random.Between(0, 6), random.Between(0, 5));
        return ($"before {before}, after {after}, grace {grace}", IdealJoin(logs, before, after, grace), Join(logs, before, after, grace, random));
    });

    [Fact]
    public void A_stream_meets_the_row_of_its_time_that_it_would_meet_live() => ForEachCase(static (logs, random) =>
    {
        var grace = random.Between(0, 5);
        return ($"grace {grace}", IdealLookUp(logs, grace), LookUp(logs, grace, random));
    });

    private static void ForEachCase(Func<List<Entry>, SimulationRandom, (string What, List<string> Ideal, List<string> Actual)> run)
    {
        var compared = 0;
        for (var seed = 1UL; seed <= Cases; seed++)
        {
            var random = new SimulationRandom(seed);
            var logs = Draw(random);
            var (what, ideal, actual) = run(logs, random);
            actual.Order(StringComparer.Ordinal).Should().Equal(ideal.Order(StringComparer.Ordinal), "case {0}, {1}: {2}", seed, what, string.Join("; ", logs));
            compared += ideal.Count;
        }

        compared.Should().BePositive();
    }

    // One to three partitions a side, up to seven records each, some out of order; in the order of partitions and offsets.
    private static List<Entry> Draw(SimulationRandom random)
    {
        var logs = new List<Entry>();
        foreach (var isLeft in new[] { true, false })
        {
            for (var (partition, partitions) = (0, random.Between(1, 3)); partition < partitions; partition++)
            {
                var (time, watermark) = (random.Between(0, 10), -1);
                for (var (offset, count) = (0, random.Between(1, 7)); offset < count; offset++)
                {
                    time += random.Between(0, 6);
                    var at = Math.Max(0, time - (random.Chance(0.3) ? random.Between(0, 15) : 0));
                    watermark = Math.Max(watermark, at);
                    logs.Add(new(isLeft, partition, offset, at, watermark));
                }
            }
        }

        return logs;
    }

    private static List<string> IdealJoin(List<Entry> logs, int before, int after, int grace)
    {
        var (held, met, results) = (new List<Entry>(), new HashSet<Entry>(), new List<string>());
        foreach (var entry in logs.OrderBy(static e => e.Watermark).ThenBy(static e => e.Time).ThenBy(static e => !e.IsLeft).ThenBy(static e => e.Partition).ThenBy(static e => e.Offset))
        {
            held.RemoveAll(h => Hold(h) <= entry.Watermark);
            if (Hold(entry) <= entry.Watermark)
            {
                results.Add($"late {entry.Id}");
                met.Add(entry);
                continue;
            }

            foreach (var other in held.Where(h => h.IsLeft != entry.IsLeft))
            {
                var (left, right) = entry.IsLeft ? (entry, other) : (other, entry);
                if (right.Time < left.Time - before || right.Time > left.Time + after)
                    continue;
                results.Add($"{left.Id}+{right.Id}");
                met.Add(left);
            }

            held.Add(entry);
        }

        return [.. results, .. logs.Where(e => e.IsLeft && !met.Contains(e)).Select(static e => $"{e.Id}+-")];

        long Hold(Entry entry) => entry.Time + (entry.IsLeft ? after : before) + grace + 1;
    }

    // Of two updates of one time and one reference that stand in different partitions the one in the higher partition wins.
    private static List<string> IdealLookUp(List<Entry> logs, int grace) => logs.Where(static e => e.IsLeft).Select(record =>
    {
        var tick = Math.Max(record.Watermark, record.Time + grace);
        var row = logs.Where(u => !u.IsLeft && u.Watermark <= tick && u.Time <= record.Time).OrderBy(static u => u.Time).ThenBy(static u => u.Watermark).ThenBy(static u => u.Partition).ThenBy(static u => u.Offset).LastOrDefault();
        return $"{record.Id}+{row?.Id ?? "-"}";
    }).ToList();

    private static List<string> Join(List<Entry> logs, int before, int after, int grace, SimulationRandom random)
    {
        var builder = new StreamsBuilder();
        var (left, right) = (Shuffled(builder, "left"), Shuffled(builder, "right"));
        var windows = JoinWindows.OfTimeDifferenceAndGrace(TimeSpan.Zero, Ms(grace)).Before(Ms(before)).After(Ms(after));
        left.LeftJoin(right, static (l, r) => $"{l}+{(r.HasValue ? r.Value : "-")}", windows, new() { Name = "join", StoreName = "join" }).To("out");
        return Drain(builder, logs, random);
    }

    private static List<string> LookUp(List<Entry> logs, int grace, SimulationRandom random)
    {
        var builder = new StreamsBuilder();
        var table = Shuffled(builder, "right").ToTable(new() { Name = "rows", HistoryRetention = Ms(10 * EndMs) }, "rows");
        Shuffled(builder, "left").LeftJoin(table, static (l, r) => $"{l}+{(r.HasValue ? r.Value : "-")}", new() { Name = "join", Grace = Ms(grace) }).To("out");
        return Drain(builder, logs, random);
    }

    private static KStream<string, string> Shuffled(StreamsBuilder builder, string side) => builder.Stream<string, string>(side).Repartition(new() { Name = $"{side}-again", Partitions = 1 });

    // In any portions, each partition by itself in its order. Markers follow every record.
    private static List<string> Drain(StreamsBuilder builder, List<Entry> logs, SimulationRandom random)
    {
        var partitions = logs.GroupBy(static e => e.Topic).ToDictionary(static g => g.Key, static g => g.Max(static e => e.Partition) + 1);
        var options = new StreamsOptions { ApplicationId = "app", Time = { MarkerInterval = TimeSpan.Zero, LateTopic = "late" } };
        using var driver = new TopologyTestDriver(builder.Build(), options, partitions: partitions);
        var left = logs.GroupBy(static e => (e.Topic, e.Partition)).Select(static g => new Queue<Entry>(g)).ToList();
        while (left.Count > 0)
        {
            var log = random.Pick(left);
            for (var portion = random.Between(1, 4); portion > 0 && log.TryDequeue(out var entry); portion--)
                driver.Pipe(entry.Topic, "k"u8.ToArray(), TestInput.Bytes(entry.Id), entry.Time, partition: entry.Partition);
            left.RemoveAll(static l => l.Count == 0);
        }

        foreach (var (topic, count) in partitions)
        {
            for (var partition = 0; partition < count; partition++)
                driver.Pipe(topic, "end"u8.ToArray(), TestInput.Bytes("end"), EndMs, partition: partition);
        }

        driver.AdvanceWallClock(TimeSpan.FromMinutes(1));
        return [.. driver.Read("out").Where(static r => Text(r.Key) == "k").Select(static r => Text(r.Value)), .. driver.Read("late").Where(static r => Text(r.Key) == "k").Select(static r => $"late {Text(r.Value)}")];
    }

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes!);

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private sealed record Entry(bool IsLeft, int Partition, int Offset, int Time, int Watermark)
    {
        public string Topic => IsLeft ? "left" : "right";

        public string Id => string.Create(CultureInfo.InvariantCulture, $"{(IsLeft ? 'l' : 'r')}{Partition}.{Offset}");

        public override string ToString() => $"{Id}@{Time}";
    }
}
