using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Suppressions that hold no more than so many bytes. An entry of a key "a", a value of three characters and the topic "in" is estimated at 8 + 1 + 3 + 20 + 2 = 34 bytes.</summary>
public class SuppressLimitTests
{
    private const int EntryBytes = 34;

    [Theory]
    [InlineData(2 * EntryBytes, 0)]
    [InlineData((2 * EntryBytes) - 1, 1)]
    public void A_fuller_buffer_emits_its_oldest_entries(int maxBytes, int early)
    {
        using var driver = Driver(Suppressed.UntilTimeLimit(TimeSpan.FromHours(1), maxBytes: maxBytes));
        Pipe(driver, "a", 1);
        Pipe(driver, "b", 2);

        driver.Output<string, string>("out").Read().Select(static r => r.Key).Should().Equal(new[] { "a" }.Take(early));
    }

    [Fact]
    public void What_has_waited_before_a_restart_is_measured_too()
    {
        using var driver = Driver(Suppressed.UntilTimeLimit(TimeSpan.FromHours(1), maxBytes: 2 * EntryBytes));
        Pipe(driver, "a", 1);
        Pipe(driver, "b", 2);
        driver.Restart();
        Pipe(driver, "c", 3);

        driver.Output<string, string>("out").Read().Select(static r => r.Key).Should().Equal("a");
    }

    [Fact]
    public void A_fuller_buffer_that_must_not_emit_early_fails_with_its_size()
    {
        using var driver = Driver(Suppressed.UntilTimeLimit(TimeSpan.FromHours(1), maxBytes: EntryBytes, whenFull: WhenFull.Fail));
        Pipe(driver, "a", 1);
        var overflow = () => Pipe(driver, "b", 2);

        overflow.Should().Throw<CrashStreamsException>().WithMessage("*held buffer exceeded its max capacity. Currently [2/9223372036854775807] records and [68/34] bytes.*");
    }

    [Fact]
    public void An_update_in_place_of_one_that_waits_counts_once()
    {
        using var driver = Driver(Suppressed.UntilTimeLimit(TimeSpan.FromHours(1), maxBytes: (2 * EntryBytes) + 3));
        for (var time = 1; time < 10; time++)
            Pipe(driver, "a", time);

        driver.Output<string, string>("out").Read().Should().BeEmpty();
    }

    private static TopologyTestDriver Driver(Suppressed suppressed)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in", materialized: "rows").Suppress(suppressed, "held").ToStream().To("out");
        return new(builder.Build());
    }

    private static void Pipe(TopologyTestDriver driver, string key, long time) => driver.Input<string, string>("in").Pipe(key, $"v{time:D2}", time);
}
