using System.Text;
using CrashStreams.Testing;

namespace CrashStreams.CrashMonitor.Tests;

public class CrashTopologyTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 11, 14, 50, 0, TimeSpan.Zero);
    private static readonly long _second = new DateTimeOffset(2026, 1, 11, 14, 42, 50, TimeSpan.Zero).ToUnixTimeSeconds();

    [Fact]
    public void A_user_above_the_threshold_is_reported_once_when_the_window_closes()
    {
        using var driver = Drive(new());
        Crashes(driver, 0, "user_1836", 5);
        Crashes(driver, 9, "user_1184", 2);
        Harmless(driver, 39);
        driver.Read("crash-alerts").Should().BeEmpty();

        Harmless(driver, 40);

        var alert = driver.Read("crash-alerts").Should().ContainSingle().Subject;
        Encoding.UTF8.GetString(alert.Key!).Should().Be("user_1836");
        Encoding.UTF8.GetString(alert.Value!).Should().Be(
            """{"interval_start":"2026-01-11T14:42:50Z","interval_end":"2026-01-11T14:43:00Z","user_id":"user_1836","crash_count":5}""");

        Harmless(driver, 100);
        driver.Read("crash-alerts").Should().BeEmpty();
    }

    [Fact]
    public void Only_high_and_critical_crashes_count()
    {
        using var driver = Drive(new());
        foreach (var (severity, content) in new[] { ("Low", "crash"), ("Medium", "crash"), ("High", "fine"), ("High", "crash"), ("Critical", "CRASHED") })
            Pipe(driver, Line(0, severity, "u", content));
        Crashes(driver, 0, "u", 1);
        Harmless(driver, 40);

        Counts(driver).Should().Equal(("u", 3));
    }

    [Fact]
    public void Threshold_window_grace_and_case_are_options()
    {
        using var driver = Drive(new() { Threshold = 0, Window = TimeSpan.FromSeconds(1), Grace = TimeSpan.Zero, CaseSensitive = true });
        Crashes(driver, 0, "u", 1);
        Pipe(driver, Line(0, "High", "v", "CRASH"));
        Harmless(driver, 1);

        Counts(driver).Should().Equal(("u", 1));
    }

    [Fact]
    public void A_late_crash_is_counted_and_goes_to_the_late_topic_with_the_window_that_it_missed()
    {
        using var driver = Drive(new() { LateTopic = "late" });
        Harmless(driver, 45);
        Crashes(driver, 3, "u", 1);

        var late = driver.Read("late").Should().ContainSingle().Subject;
        Encoding.UTF8.GetString(late.Key!).Should().Be("u");
        Header(late, "cs-late-by-ms").Should().Be("5000");
        Header(late, "cs-window-start").Should().Be($"{_second * 1000}");
        driver.Dropped.Should().Contain("late", 1);
    }

    [Fact]
    public void A_line_from_the_future_moves_no_clock()
    {
        using var driver = Drive(new() { LateTopic = "late" });
        Crashes(driver, 0, "u", 3);
        Harmless(driver, 400 * 86_400);
        Crashes(driver, 5, "u", 1);
        Harmless(driver, 40);

        Counts(driver).Should().Equal(("u", 4));
        driver.Dropped.Should().Contain("future", 1);
        driver.Read("late").Should().ContainSingle();
    }

    [Fact]
    public void Malformed_lines_are_counted_by_reason_and_stop_nothing()
    {
        using var driver = Drive(new() { MaxValueBytes = 1000 });
        Pipe(driver, "not json");
        Pipe(driver, """{"timestamp":1768142570000,"severity":"High","user_id":"u","content":"crash"}""");
        Pipe(driver, $$"""{"timestamp":{{_second}},"severity":"High","content":"crash"}""");
        Pipe(driver, $$"""{"timestamp":{{_second}},"severity":"High","user_id":"u","content":"{{new string('x', 1000)}}"}""");
        Crashes(driver, 0, "u", 3);
        Harmless(driver, 40);

        Counts(driver).Should().Equal(("u", 3));
        driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long>
        {
            [MalformedReason.NotJson] = 1,
            [MalformedReason.TimestampInMilliseconds] = 1,
            [MalformedReason.MissingUser] = 1,
            [MalformedReason.TooLarge] = 1,
        });
    }

    [Fact]
    public void Malformed_lines_can_go_to_a_topic_as_they_are()
    {
        using var driver = Drive(new() { BadInput = FaultResponse.DeadLetter, DeadLetterTopic = "bad" });
        Pipe(driver, "not json");

        var bad = driver.Read("bad").Should().ContainSingle().Subject;
        Encoding.UTF8.GetString(bad.Value!).Should().Be("not json");
        Header(bad, "cs-fault-reason").Should().Be(MalformedReason.NotJson);
    }

    [Fact]
    public void Malformed_lines_stop_the_monitor_when_it_is_told_so()
    {
        var driver = Drive(new() { BadInput = FaultResponse.Fail });

        driver.Invoking(d => Pipe(d, "not json")).Should().Throw<ProcessingException>().WithMessage("*not-json*");
    }

    [Fact]
    public void What_is_wrong_with_a_harmless_line_is_noticed_only_when_every_line_is_checked()
    {
        var line = $$"""{"timestamp":{{_second}},"severity":"Low","content":"fine"}""";
        using var quick = Drive(new());
        using var thorough = Drive(new() { CheckEveryLine = true });
        Pipe(quick, line);
        Pipe(thorough, line);

        quick.Dropped.Should().BeEmpty();
        thorough.Dropped.Should().Contain(MalformedReason.MissingUser, 1);
    }

    [Fact]
    public void In_debug_mode_every_running_count_is_told()
    {
        var counts = new List<(string, long)>();
        var options = new CrashMonitorOptions { Debug = true };
        using var driver = new TopologyTestDriver(CrashTopology.Build(options, onCount: (user, count) => counts.Add((user.Key, count))), options.ToStreamsOptions(), _now);
        Crashes(driver, 0, "u", 3);

        counts.Should().Equal(("u", 1), ("u", 2), ("u", 3));
    }

    [Fact]
    public void The_last_windows_of_a_stopped_input_close_when_the_option_says_so()
    {
        using var driver = Drive(new() { CloseAfterIdle = TimeSpan.FromMinutes(1) });
        Crashes(driver, 0, "u", 3);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(59));
        driver.Read("crash-alerts").Should().BeEmpty();

        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));

        Counts(driver).Should().Equal(("u", 3));
    }

    [Fact]
    public void It_makes_only_the_topics_that_it_names_and_nothing_with_a_generated_name()
    {
        using var driver = Drive(new());
        Crashes(driver, 0, "u", 3);
        Harmless(driver, 40);

        CrashTopology.Build(new()).Warnings.Should().BeEmpty();
        driver.Topics.Should().BeSubsetOf([.. CrashTopology.OwnTopics("crash-monitor"), "logs", "crash-alerts"]);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_application_makes_only_the_topics_that_it_names(ProcessingGuarantee guarantee)
    {
        var log = new MemoryLog();
        log.Create("logs", 1);
        log.Create("crash-alerts", 1);
        await using (var application = new StreamsApplication(CrashTopology.Build(new()), new() { ApplicationId = "app", Delivery = { Guarantee = guarantee } }, new MemoryLogClients(log)))
            await application.StartAsync();

        log.Topics.Should().BeSubsetOf([.. CrashTopology.OwnTopics("app"), "logs", "crash-alerts"]);
    }

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(2, false, true)]
    [InlineData(3, true, false)]
    [InlineData(4, false, false)]
    public void Its_alerts_are_the_oracles_however_a_backlog_is_drained(ulong seed, bool keyed, bool checkEveryLine)
    {
        const int Partitions = 5;
        var options = new CrashMonitorOptions { CheckEveryLine = checkEveryLine };
        var start = new DateTimeOffset(2026, 1, 11, 14, 0, 0, TimeSpan.Zero);
        var load = new LoadOptions
        {
            Count = 6000, Rate = 40, Start = start, Users = 40, OutOfOrderShare = 0.2, OutOfOrderSpread = TimeSpan.FromSeconds(45), LateShare = 0.05, Keyed = keyed, Seed = seed,
        };
        var generator = new LoadGenerator(load, Partitions);
        var oracle = new AlertOracle(options);
        using var driver = new TopologyTestDriver(CrashTopology.Build(options), options.ToStreamsOptions(), _now, new Dictionary<string, int> { ["logs"] = Partitions });
        while (generator.TryNext(out var record))
        {
            oracle.Add(record.Partition, record.Value);
            driver.Append("logs", keyed ? record.Key.ToArray() : null, record.Value.ToArray(), 0, partition: record.Partition);
        }

        driver.Settle();

        var comparison = new AlertComparison(oracle.Finish());
        foreach (var alert in driver.Read("crash-alerts"))
            comparison.Add(alert.Value, $"{alert.Partition}/{alert.Offset}");
        var report = new StringWriter();
        VerificationText.Write(report, comparison);
        comparison.IsCorrect.Should().BeTrue(report.ToString());
        comparison.Found.Should().BeGreaterThan(100);
        comparison.Expected.Late.Should().BeGreaterThan(50).And.Be(driver.Dropped["late"]);
    }

    private static TopologyTestDriver Drive(CrashMonitorOptions options) => new(CrashTopology.Build(options), options.ToStreamsOptions(), _now);

    private static void Crashes(TopologyTestDriver driver, long second, string user, int times)
    {
        for (var i = 0; i < times; i++)
            Pipe(driver, Line(second, "Critical", user, "it did crash"));
    }

    private static void Harmless(TopologyTestDriver driver, long second) => Pipe(driver, Line(second, "Low", "x", "fine"));

    private static void Pipe(TopologyTestDriver driver, string line) => driver.Pipe("logs", null, Encoding.UTF8.GetBytes(line), 0);

    private static string Line(long second, string severity, string user, string content)
        => $$"""{"timestamp":{{_second + second}},"status":"error","severity":"{{severity}}","source_ip":"10.0.0.1","user_id":"{{user}}","content":"{{content}}"}""";

    private static IEnumerable<(string User, long Count)> Counts(TopologyTestDriver driver)
        => driver.Read("crash-alerts").Select(record => CrashAlertSerde.Instance.Deserialize(record.Value)).Select(alert => (alert.UserId, alert.CrashCount));

    private static string Header(RawRecord record, string name) => Encoding.UTF8.GetString(record.Headers!.Last(name)!);
}
