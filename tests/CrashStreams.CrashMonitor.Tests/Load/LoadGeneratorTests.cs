using System.Text;
using CrashStreams.Log;

namespace CrashStreams.CrashMonitor.Tests;

public class LoadGeneratorTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 11, 14, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_same_seed_gives_the_same_lines_and_another_seed_others()
    {
        var options = new LoadOptions { Count = 1000, OutOfOrderShare = 0.1, LateShare = 0.1 };

        Lines(options).Should().Equal(Lines(options));
        Lines(options).Should().NotEqual(Lines(options with { Seed = 2 }));
    }

    [Fact]
    public void Every_line_is_well_formed_and_has_about_165_bytes()
    {
        var lines = Lines(new() { Count = 1000, Start = _start });

        lines.Should().AllSatisfy(line => new LogEntrySerde().TryDeserialize(Encoding.UTF8.GetBytes(line.Value), out _, out var reason).Should().BeTrue(reason));
        lines.Average(line => line.Value.Length).Should().BeInRange(155, 175);
    }

    [Fact]
    public void Shares_and_users_are_as_asked_for()
    {
        var entries = Lines(new() { Count = 20_000, MatchingShare = 0.3, Users = 50, Start = _start }).Select(line => new LogEntrySerde().Deserialize(Encoding.UTF8.GetBytes(line.Value))).ToList();

        (entries.Count(entry => entry.IsSevereCrash) / 20_000.0).Should().BeApproximately(0.3, 0.02);
        entries.Select(entry => entry.UserId).Distinct().Order(StringComparer.Ordinal).Should().Equal(Enumerable.Range(1000, 50).Select(user => $"user_{user}"));
    }

    [Fact]
    public void Event_time_goes_on_at_the_rate_over_all_partitions_together()
    {
        var lines = Lines(new() { Count = 1200, Rate = 100, Batch = 10, Start = _start }, partitions: 4);

        lines.Select(line => line.TimestampMs).Should().BeInAscendingOrder();
        lines[^1].TimestampMs.Should().Be(_start.AddSeconds(11).ToUnixTimeMilliseconds());
        lines.GroupBy(line => line.Partition).Should().HaveCount(4).And.OnlyContain(partition => partition.Count() == 300);
        lines.Take(40).Select(line => line.Partition).Distinct().Should().HaveCount(4);
    }

    [Fact]
    public void With_keys_the_user_decides_the_partition_as_Kafka_does()
    {
        var lines = Lines(new() { Count = 500, Keyed = true, Users = 20 }, partitions: 4);

        lines.Should().OnlyContain(line => line.Partition == Murmur2.Partition(Encoding.UTF8.GetBytes(line.Key), 4));
        lines.Should().OnlyContain(line => line.Value.Contains($"\"{line.Key}\""));
    }

    [Fact]
    public void Lines_out_of_order_stay_within_their_spread_and_late_ones_are_late()
    {
        var options = new LoadOptions { Count = 10_000, Rate = 100, OutOfOrderShare = 0.2, LateShare = 0.1, Start = _start };
        var delays = Lines(options).Select((line, i) => _start.AddSeconds(i / 100.0).ToUnixTimeMilliseconds() - line.TimestampMs).ToList();

        delays.Should().OnlyContain(delay => delay < 6000 || (delay >= 60_000 && delay < 61_000));
        (delays.Count(delay => delay >= 60_000) / 10_000.0).Should().BeApproximately(0.1, 0.02);
        (delays.Count(delay => delay is >= 1000 and < 60_000) / 10_000.0).Should().BeApproximately(0.18, 0.03);
    }

    [Fact]
    public void Generating_allocates_nothing_per_line()
    {
        var generator = new LoadGenerator(new() { Count = 2000, Keyed = true }, 4);
        generator.TryNext(out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        while (generator.TryNext(out _))
        {
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_all_at_once()
        => FluentActions.Invoking(() => new LoadGenerator(new() { Rate = 0, Users = 0, LateShare = 2 }, 1))
            .Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("Rate", "Users", "LateShare");

    private static List<(string Key, string Value, int Partition, long TimestampMs)> Lines(LoadOptions options, int partitions = 3)
    {
        var generator = new LoadGenerator(options, partitions);
        var lines = new List<(string, string, int, long)>();
        while (generator.TryNext(out var record))
            lines.Add((Encoding.UTF8.GetString(record.Key), Encoding.UTF8.GetString(record.Value), record.Partition, record.TimestampMs));
        return lines;
    }
}
