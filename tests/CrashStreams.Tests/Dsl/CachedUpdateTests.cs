using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Updates that wait for the next commit: the last one of each key wins, with both clocks.</summary>
public class CachedUpdateTests
{
    [Theory]
    [InlineData(StreamTime.Watermarks)]
    [InlineData(StreamTime.Observed)]
    public void Of_each_key_the_last_update_is_forwarded_at_the_commit_and_the_store_is_up_to_date_before(StreamTime clock)
    {
        using var driver = Driver(static b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", CachedUpdates = 100 }).ToStream().To("out"), clock);
        Append(driver, "a", "b", "a", "a", "b");
        driver.Thread.RunOnce();
        driver.KeyValueStore<string, long>("counts").TryGet("a", out var count).Should().BeTrue();
        count.Should().Be(3);
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().Equal(("a", 3), ("b", 2));
    }

    [Fact]
    public void A_fuller_cache_forwards_its_oldest_updates_early()
    {
        using var driver = Driver(static b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", CachedUpdates = 2 }).ToStream().To("out"));
        Append(driver, "a", "b", "a", "c", "a");
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().Equal(("b", 1), ("c", 1), ("a", 3));
    }

    // A group behind takes out what the row was before the first update that waited, and takes in the last.
    [Fact]
    public void The_value_before_is_that_before_all_that_waited()
    {
        using var driver = Driver(static b => b.Table<string, string>("in", materialized: new() { Name = "rows", CachedUpdates = 100 })
            .GroupBy(static (_, value) => (value, value), new() { Name = "by-value" }).Count("groups").ToStream().To("out"));
        Pipe(driver, ("k", "x"));
        Append(driver, ("k", "y"), ("k", "z"));
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().Equal(("x", 1), ("x", 0), ("z", 1));
    }

    [Fact]
    public void Of_a_row_that_came_and_went_nothing_is_forwarded()
    {
        using var driver = Driver(static b => b.Table<string, string>("in", materialized: new() { Name = "rows", CachedUpdates = 100 }).ToStream().To("out"));
        Append(driver, ("k", "x"), ("k", null), ("l", "y"));
        driver.Settle();

        driver.Output<string, string>("out").Read().Select(static r => r.Key).Should().Equal("l");
    }

    [Fact]
    public void Updates_of_windows_wait_and_final_results_do_not()
    {
        static TimeWindowedKStream<string, string> Windows(StreamsBuilder b) => b.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromHours(1)));
        using var driver = Driver(static b =>
        {
            var counts = Windows(b).Count(new() { Name = "counts", CachedUpdates = 100 });
            counts.ToStream(static (key, _) => key.Key).To("out");
            counts.Suppress(Suppressed.UntilWindowCloses(), "final").ToStream(static (key, _) => key.Key).To("final");
        });
        Append(driver, "a", "a", "a");
        driver.Settle();
        driver.Append("in", "z"u8.ToArray(), "v"u8.ToArray(), 7_200_000);
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => r.Value).Should().Equal(3, 1);
        driver.Output<string, long>("final").Read().Select(static r => r.Value).Should().Equal(3);
    }

    [Fact]
    public void Nothing_that_waited_is_lost_in_a_crash()
    {
        using var driver = Driver(static b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", CachedUpdates = 100 }).ToStream().To("out"));
        Append(driver, "a", "a");
        driver.Thread.RunOnce();
        driver.Restart(isCrash: true);
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => r.Value).Should().Equal(2);
    }

    [Fact]
    public void The_description_does_not_change()
    {
        static string Described(int? cached)
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", CachedUpdates = cached }).ToStream().To("out");
            return builder.Build().Describe();
        }

        Described(100).Should().Be(Described(null));
    }

    private static TopologyTestDriver Driver(Action<StreamsBuilder> declare, StreamTime clock = StreamTime.Watermarks)
    {
        var builder = new StreamsBuilder();
        declare(builder);
        return new(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock }, Delivery = { CommitInterval = TimeSpan.FromHours(1) } });
    }

    private static void Append(TopologyTestDriver driver, params string[] keys) => Append(driver, [.. keys.Select(static k => (k, (string?)"v"))]);

    private static void Append(TopologyTestDriver driver, params (string Key, string? Value)[] records)
    {
        foreach (var (key, value) in records)
            driver.Append("in", System.Text.Encoding.UTF8.GetBytes(key), value is null ? null : System.Text.Encoding.UTF8.GetBytes(value), 1);
    }

    private static void Pipe(TopologyTestDriver driver, params (string Key, string? Value)[] records)
    {
        Append(driver, records);
        driver.Settle();
    }
}
