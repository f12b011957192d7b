using CrashStreams.Operators;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Processors of the user's own: what they may ask of their task.</summary>
public class ProcessorTests
{
    [Fact]
    public void A_processor_counts_in_its_store_and_the_store_survives_a_restart()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        driver.Input<string, string>("in").Pipe("ann", "v", 1);
        driver.Input<string, string>("in").Pipe("ann", "v", 2);
        driver.Restart();
        driver.Input<string, string>("in").Pipe("ann", "v", 3);
        Values(driver).Should().Equal("ann=1", "ann=2", "ann=3");
        driver.KeyValueStore<string, long>("seen").All().Should().BeEquivalentTo([KeyValuePair.Create("ann", 3L)]);
    }

    [Fact]
    public void A_deleted_entry_stays_deleted_after_a_restart()
    {
        using var driver = Driver(new() { ApplicationId = "app" });
        driver.Input<string, string>("in").Pipe("ann", "v", 1);
        driver.Input<string, string?>("in", valueSerde: Serdes.String!).Pipe("ann", null, 2);
        driver.Restart();
        driver.KeyValueStore<string, long>("seen").Count.Should().Be(0);
    }

    [Fact]
    public void Stream_time_punctuation_ticks_when_records_pass_each_interval_and_skips_what_was_missed()
    {
        using var driver = Driver(new() { ApplicationId = "app" }, PunctuationType.StreamTime);
        foreach (var second in new[] { 1, 5, 10, 12, 45, 46, 50 })
            driver.Input<string, string>("in").Pipe("x", "v", second * 1000);
        Values(driver).Where(v => v.StartsWith("tick", StringComparison.Ordinal)).Should().Equal("tick=1000", "tick=10000", "tick=45000", "tick=50000");
    }

    [Fact]
    public void Wall_clock_punctuation_ticks_without_records_until_it_is_cancelled()
    {
        using var driver = Driver(new() { ApplicationId = "app" }, PunctuationType.WallClock);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(25));
        driver.Input<string, string>("in").Pipe("stop", "v", 0);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(100));
        Values(driver).Where(v => v.StartsWith("tick", StringComparison.Ordinal)).Should().Equal("tick=10000", "tick=35000");
    }

    [Fact]
    public void Watermark_punctuation_ticks_when_the_slowest_partition_has_passed_each_interval()
    {
        using var driver = Driver(new() { ApplicationId = "app" }, PunctuationType.Watermark, shufflesOver: 2);
        driver.Pipe("in", "x"u8.ToArray(), "v"u8.ToArray(), 45_000, partition: 0);
        Ticks(driver).Should().BeEmpty("the other partition has said nothing yet");
        driver.Pipe("in", "x"u8.ToArray(), "v"u8.ToArray(), 12_000, partition: 1);
        Ticks(driver).Should().Equal("tick=12000");
        driver.Pipe("in", "x"u8.ToArray(), "v"u8.ToArray(), 19_999, partition: 1);
        Ticks(driver).Should().BeEmpty("no multiple of the interval was passed");
        driver.Pipe("in", "x"u8.ToArray(), "v"u8.ToArray(), 60_000, partition: 1);
        Ticks(driver).Should().Equal(["tick=45000"], "ticks that were missed are skipped");

        static IEnumerable<string> Ticks(TopologyTestDriver driver) => Values(driver).Where(v => v.StartsWith("tick", StringComparison.Ordinal));
    }

    [Fact]
    public void The_first_watermark_tick_after_a_restart_comes_when_the_clock_moves()
    {
        using var driver = Driver(new() { ApplicationId = "app" }, PunctuationType.Watermark);
        driver.Input<string, string>("in").Pipe("x", "v", 25_000);
        driver.Restart();
        driver.Input<string, string>("in").Pipe("x", "v", 25_001);
        driver.Input<string, string>("in").Pipe("x", "v", 30_000);
        Values(driver).Where(v => v.StartsWith("tick", StringComparison.Ordinal)).Should().Equal("tick=25000", "tick=25001", "tick=30000");
    }

    [Fact]
    public void What_a_watermark_tick_sends_is_in_time_for_a_window_that_ends_there()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Process(() => new AtTheTick())
            .GroupByKey(new() { Name = "second", KeySerde = Serdes.String, ValueSerde = Serdes.Int64 })
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(10))).Emit(EmitStrategy.OnWindowClose).Count("windows").ToStream()
            .Map((key, count) => ($"{key.Window.EndMs}", count)).To("out", new() { KeySerde = Serdes.String, ValueSerde = Serdes.Int64 });
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var second in new[] { 1, 10, 20 })
            driver.Pipe("in", "x"u8.ToArray(), "v"u8.ToArray(), second * 1000);
        driver.Dropped.Should().NotContainKey("late");
        Values(driver).Should().Equal("10000=1", "20000=1");
    }

    [Fact]
    public void The_watermark_is_asked_for_in_vain_with_the_observed_clock()
    {
        var make = () => Driver(new() { ApplicationId = "app", Time = { Clock = StreamTime.Observed } }, PunctuationType.Watermark);
        make.Should().Throw<Exception>().WithMessage("*needs the Watermarks clock*");
    }

    [Fact]
    public void A_processor_knows_how_far_its_task_is()
    {
        var seen = new List<long>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Spy([], seen));
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var time in new[] { 7, 3, 20 })
            driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), time);
        seen.Should().Equal([-1, 7, 7], "the clock moves between records");
    }

    [Fact]
    public void What_a_wall_clock_tick_sends_for_a_closed_window_is_late()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .SelectKey((_, value) => value == "nobody" ? null! : value)
            .Repartition(new() { Name = "first" })
            .Process(() => new Echo())
            .GroupByKey(new() { Name = "second" })
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(10))).Count("windows");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Pipe("in", null, "ann"u8.ToArray(), 5_000);
        // Moves the clock and is not forwarded: the last record that the echo's task has seen is the one of 5 s.
        driver.Pipe("in", null, "nobody"u8.ToArray(), 50_000);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        driver.Dropped.Should().Contain("late", 1).And.NotContainKey("replayed");
    }

    [Fact]
    public void A_store_that_the_processor_was_not_connected_to_is_refused_by_name()
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, long>("seen").Stream<string, string>("in").Process(() => new Counter(null)).To("out");
        var make = () => new TopologyTestDriver(builder.Build());
        make.Should().Throw<TopologyException>().WithMessage("*not connected to a store 'seen'*");
    }

    [Fact]
    public void A_processor_knows_where_its_record_comes_from()
    {
        var seen = new List<string>();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Spy(seen));
        using var driver = new TopologyTestDriver(builder.Build(), partitions: new Dictionary<string, int> { ["in"] = 3 });
        driver.Pipe("in", "k"u8.ToArray(), "v"u8.ToArray(), 7, partition: 2);
        seen.Should().Equal("app 0_2 in 2 0 7 7");
    }

    private static List<string> Values(TopologyTestDriver driver) => driver.Output<string, long>("out").Read().Select(r => $"{r.Key}={r.Value}").ToList();

    private static TopologyTestDriver Driver(StreamsOptions options, PunctuationType? type = null, int shufflesOver = 0)
    {
        var builder = new StreamsBuilder();
        var stream = builder.AddKeyValueStore<string, long>("seen").Stream<string, string>("in");
        if (shufflesOver > 0)
            stream = stream.Repartition(new() { Name = "shuffle", Partitions = 1 });
        stream.Process(() => new Counter(type), ["seen"]).To("out");
        return new(builder.Build(), options, partitions: shufflesOver > 0 ? new Dictionary<string, int> { ["in"] = shufflesOver } : null);
    }

    private sealed class Counter(PunctuationType? type) : Processor<string, string, string, long>
    {
        private IKeyValueStore<string, long> _seen = null!;
        private IDisposable? _ticks;

        protected override void Init()
        {
            _seen = Context.KeyValueStore<string, long>("seen");
            _ticks = type is null ? null : Context.Schedule(TimeSpan.FromSeconds(10), type.Value, time => Forward(new Record<string, long>("tick", time, time)));
        }

        public override void Process(in Record<string, string> record)
        {
            if (record.Key == "stop")
                _ticks?.Dispose();
            if (!record.HasValue)
            {
                _seen.Delete(record.Key);
                return;
            }

            _seen.TryGet(record.Key, out var count);
            _seen.Put(record.Key, count + 1);
            Forward(record.WithValue(count + 1));
        }
    }

    /// <summary>Sends one record for the ten seconds that are over.</summary>
    private sealed class AtTheTick : Processor<string, string, string, long>
    {
        protected override void Init() =>
            Context.Schedule(TimeSpan.FromSeconds(10), PunctuationType.Watermark, time =>
            {
                if (time >= 10_000)
                    Forward(new Record<string, long>("x", time, (time / 10_000 * 10_000) - 1));
            });

        public override void Process(in Record<string, string> record)
        {
        }
    }

    /// <summary>Sends the last record again, once.</summary>
    private sealed class Echo : Processor<string, string, string, string>
    {
        private Record<string, string> _last;

        protected override void Init()
        {
            IDisposable? ticks = null;
            ticks = Context.Schedule(TimeSpan.FromSeconds(1), PunctuationType.WallClock, _ =>
            {
                Forward(in _last);
                ticks?.Dispose();
            });
        }

        public override void Process(in Record<string, string> record) => _last = record;
    }

    private sealed class Spy(List<string> seen, List<long>? watermarks = null) : Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record)
        {
            seen.Add($"{Context.ApplicationId} {Context.TaskId} {Context.Topic} {Context.Partition} {Context.Offset} {Context.Timestamp} {Context.StreamTime}");
            watermarks?.Add(Context.Watermark);
        }
    }
}
