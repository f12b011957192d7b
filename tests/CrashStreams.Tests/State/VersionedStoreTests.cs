using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>A versioned store answers as a list of all versions would, as far back as its history reaches.</summary>
public class VersionedStoreTests
{
    private const long HistoryMs = 3_000;

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    [InlineData(Backing.RocksDb)]
    public void A_versioned_store_answers_as_a_list_of_all_versions(Backing backing)
    {
        for (var seed = 1UL; seed <= (backing == Backing.RocksDb ? 6UL : 60UL); seed++)
            Run(new(seed), backing);
    }

    [Fact]
    public void The_changelog_is_that_of_Kafka_Streams()
    {
        using var host = Host(Backing.Memory, StreamTime.Observed);
        host.Store.Put("c", "b0", 1420);
        host.Store.Put("c", null!, 3000);
        host.Commit();

        host.Changelog.Should().Equal("63 = 6230 @1420", "63 = null @3000");
        host.Records.Should().OnlyContain(r => r.Headers == null);
    }

    [Fact]
    public void With_the_Watermarks_clock_versions_of_one_time_are_told_apart_by_w()
    {
        using var host = Host(Backing.Engine);
        host.Store.Put("k", "early", true, 5, 5);
        host.Store.Put("k", "late", true, 5, 20);
        host.Commit();
        host.Restart(isCrash: true);

        host.Store.TryGet("k", 7, 10, out var seen, out var watermark).Should().BeTrue();
        (seen.Value, watermark).Should().Be(("early", 5));
        host.Store.TryGet("k", 7, 20, out seen, out watermark).Should().BeTrue();
        (seen.Value, watermark).Should().Be(("late", 20));
        host.Store.TryGet("k", 4, 20, out _, out _).Should().BeFalse();
        host.Store.Put("k", "too old", true, 5, 5 + HistoryMs + 1).Should().BeFalse();
    }

    [Fact]
    public void Removals_and_hidden_versions_leave_nothing_behind()
    {
        using var host = Host(Backing.Engine, StreamTime.Observed);
        for (var i = 0; i < 2_000; i++)
        {
            host.Store.Put($"k{i}", "v", i);
            host.Store.Put($"k{i}", null!, i);
            host.Store.Put("busy", $"{i}", i);
        }

        for (var i = 0; i < 100; i++)
            host.Store.Put("busy", $"{i}", 1_000_000 + i);
        host.Commit();

        host.Store.All().Select(e => e.Key).Should().Equal("busy");
        using var scan = host.Store.Engine!.Scan([], []);
        var left = 0;
        while (scan.MoveNext())
            left++;
        left.Should().BeLessThan(110);
        host.Store.Versions("k5", 0, long.MaxValue).Should().BeEmpty();
    }

    private static StoreHost<VersionedStore<string, string>> Host(Backing backing, StreamTime clock = StreamTime.Watermarks) =>
        new(backing, context => new("s", Serdes.String, Serdes.String, HistoryMs, context), clock);

    private static void Run(SimulationRandom random, Backing backing)
    {
        using var host = Host(backing, StreamTime.Observed);
        // By key and time; the latest put of one time wins.
        var model = new SortedDictionary<(string Key, long Time), string?>();
        var committed = new SortedDictionary<(string Key, long Time), string?>();
        var (now, latest, committedLatest) = (0L, 0L, 0L);
        for (var step = 0; step < 400; step++)
        {
            now += random.Below(100);
            var key = random.Pick(new[] { "", "a", "a\0", "ab", "b" });
            var time = Math.Max(0, now - random.Below(5_000));
            switch (random.Below(8))
            {
                case 0 or 1 or 2:
                    latest = Math.Max(latest, time);
                    var value = random.Chance(0.3) ? null : $"v{step}";
                    host.Store.Put(key, value!, time).Should().Be(time >= latest - HistoryMs);
                    if (time >= latest - HistoryMs)
                        model[(key, time)] = value;
                    break;
                case 3:
                    host.Commit();
                    (committed, committedLatest) = (new(model), latest);
                    host.Store.Evict(random.Pick(new long[] { 0, 1_000, 1_000_000 }));
                    break;
                case 4 when random.Chance(0.2) && backing == Backing.Memory:
                    host.Restart(isCrash: true);
                    model = new(committed);
                    // The time of what was not stored is not committed.
                    latest = model.Keys.Select(k => k.Time).DefaultIfEmpty(0).Max();
                    break;
                case 5:
                    host.Store.TryGet(key, out var current).Should().Be(AsOf(model, key, long.MaxValue) is not null);
                    current.Value.Should().Be(AsOf(model, key, long.MaxValue));
                    break;
                case 6:
                    var from = Math.Max(time, latest - HistoryMs);
                    host.Store.Versions(key, from, now).Select(v => (v.Timestamp, v.HasValue ? v.Value : null)).Should().Equal(
                        model.Where(m => m.Key.Key == key && m.Key.Time >= from && m.Key.Time <= now).Reverse().Select(m => (m.Key.Time, m.Value)).Where(m => m.Value is not null || m.Time > latest - HistoryMs),
                        $"seed step {step}");
                    break;
                default:
                    var isKnown = time >= latest - HistoryMs || model.Keys.Where(m => m.Key == key).Select(m => m.Time).DefaultIfEmpty(0).Max() <= time;
                    host.Store.TryGetAsOf(key, time, out var version).Should().Be(isKnown && AsOf(model, key, time) is not null);
                    version.Value.Should().Be(isKnown ? AsOf(model, key, time) : version.Value);
                    break;
            }
        }

        host.Store.All().Select(e => (e.Key, e.Value.Value)).Should().Equal(
            model.Select(m => m.Key.Key).Distinct().Order(StringComparer.Ordinal).Select(k => (k, AsOf(model, k, long.MaxValue)!)).Where(e => e.Item2 is not null));
        committedLatest.Should().BeLessThanOrEqualTo(Math.Max(latest, committedLatest));
    }

    private static string? AsOf(SortedDictionary<(string Key, long Time), string?> model, string key, long time) =>
        model.Where(m => m.Key.Key == key && m.Key.Time <= time).Select(m => m.Value).LastOrDefault();
}
