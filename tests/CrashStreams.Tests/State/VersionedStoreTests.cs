using CrashStreams.Stores;
using CrashStreams.Testing;
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

    [Fact]
    public void A_history_does_not_depend_on_what_a_broker_compacts()
    {
        for (var seed = 1UL; seed <= 100; seed++)
            RunWithCompaction(new(seed));
    }

    [Fact]
    public void Dropped_versions_leave_the_changelog()
    {
        using var host = Host(Backing.Memory);
        for (var i = 0; i < 1_000; i++)
        {
            host.Store.Put($"k{i % 10}", $"v{i}", true, i * 100, i * 100);
            host.Clock.AdvanceTo(new(i * 100, false, i * 100));
            host.Clock.Close(i * 100);
            if (i % 20 == 0)
                host.Commit();
        }

        host.Commit();
        host.Compact();
        // Three seconds of history, ten of a hundred milliseconds each second; what is older leaves with one in eight changes of its key.
        host.Records.Should().HaveCountLessThan(400);
    }

    [Fact]
    public void Versions_of_Kafka_Streams_get_keys_of_their_own()
    {
        using var java = Host(Backing.Memory, StreamTime.Observed);
        java.Store.Put("a\0", "1", 1_000);
        java.Store.Put("a\0", "2", 2_000);
        java.Store.Put("b", "3", 2_500);
        java.Store.Put("c", null!, 2_600);
        java.Commit();
        using var host = Host(Backing.Memory, changelog: java.Records);
        host.Commit();
        host.Compact();
        host.Restart(isCrash: true);
        host.Records.Count(r => r.Headers is null).Should().Be(0, "records of Kafka Streams are replaced");
        host.Store.TryGet("a\0", 1_500, 3_000, out var version, out _).Should().BeTrue();
        version.Value.Should().Be("1");

        // What is removed and dropped does not come back.
        host.Store.Put("b", null!, false, 3_000, 3_000);
        Close(host, 100_000);
        host.Store.Put("other", "4", true, 100_000, 100_000);
        host.Commit();
        host.Compact();
        host.Restart(isCrash: true);
        host.Store.All().Select(e => (e.Key, e.Value.Value)).Should().Equal(("a\0", "2"), ("other", "4"));
    }

    private static StoreHost<VersionedStore<string, string>> Host(Backing backing, StreamTime clock = StreamTime.Watermarks, IEnumerable<RawRecord>? changelog = null) =>
        new(backing, context => new("s", Serdes.String, Serdes.String, HistoryMs, context), clock, changelog);

    private static void Close(StoreHost<VersionedStore<string, string>> host, long time)
    {
        host.Clock.AdvanceTo(new(time, false, time));
        host.Clock.Close(time);
        host.Commit();
    }

    // Clock and versions go on together; what is lost in a crash is what came since the last commit.
    private static void RunWithCompaction(SimulationRandom random)
    {
        using var host = Host(Backing.Memory);
        var versions = new Dictionary<(string Key, long Time, long Watermark), string?>();
        var committed = new Dictionary<(string Key, long Time, long Watermark), string?>();
        var (now, committedNow) = (0L, 0L);
        for (var step = 0; step < 400; step++)
        {
            var key = random.Pick(new[] { "", "a", "a\0", "ab" });
            switch (random.Below(6))
            {
                case 0 or 1:
                    var watermark = now + random.Below(300);
                    var time = Math.Max(0, watermark - random.Below(4_000));
                    var value = random.Chance(0.3) ? null : $"v{step}";
                    if (host.Store.Put(key, value!, value is not null, time, watermark))
                        versions[(key, time, watermark)] = value;
                    break;
                case 2:
                    now += random.Below(1_000);
                    host.Clock.AdvanceTo(new(now, false, now));
                    host.Clock.Close(now);
                    break;
                case 3:
                    host.Commit();
                    (committed, committedNow) = (new(versions), now);
                    break;
                case 4 when random.Chance(0.2):
                    if (random.Chance(0.7))
                        host.Compact();
                    host.Restart(isCrash: true);
                    (versions, now) = (new(committed), committedNow);
                    break;
                default:
                    // Somebody who was read at an instant that has not been closed yet, or is being closed.
                    var readAt = now - 1 + random.Below(500);
                    var asked = Math.Max(0, readAt - random.Below(5_000));
                    var from = Math.Max(asked, readAt - HistoryMs);
                    var expected = versions.Where(v => v.Key.Key == key && v.Key.Time <= from && v.Key.Watermark <= readAt).OrderBy(v => v.Key.Time).ThenBy(v => v.Key.Watermark).LastOrDefault();
                    var found = host.Store.TryGetAsOf(key, asked, readAt, out var version);
                    (found ? version.Value : null).Should().Be(expected.Key.Time <= asked ? expected.Value : null, $"step {step}");
                    break;
            }
        }
    }

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
