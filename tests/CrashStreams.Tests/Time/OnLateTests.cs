using CrashStreams.Operators;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>Who hears of late records.</summary>
public class OnLateTests
{
    [Fact]
    public void An_aggregation_hears_of_its_own_late_records_and_the_application_of_all()
    {
        var (tens, all) = (new List<LateRecord>(), new List<LateRecord>());
        using var driver = Driver(
            stream =>
            {
                stream.WindowedBy(Windows(10, 30)).OnLate(tens.Add).Count("tens", "count-tens");
                stream.WindowedBy(Windows(20, 0)).Count("twenties", "count-twenties");
            },
            new() { ApplicationId = "app", Time = { OnLate = all.Add } });
        Pipe(driver, "x", 45);
        Pipe(driver, "ann", 3);
        var missed = new LateRecord("count-tens", "in", 0, 1, 3000, new Window(0, 10_000), TimeSpan.FromSeconds(5), "late") { Source = new("in", 0, 1) };
        tens.Should().Equal(missed);
        all.Should().Equal(missed, missed with { Node = "count-twenties", Window = new Window(0, 20_000), By = TimeSpan.FromSeconds(25) });
    }

    [Fact]
    public void A_record_that_misses_one_hopping_window_counts_in_the_others_of_its_time()
    {
        var late = new List<LateRecord>();
        using var driver = Driver(stream => stream.WindowedBy(Windows(20, 0).AdvanceBy(TimeSpan.FromSeconds(10))).Emit(EmitStrategy.OnWindowClose).OnLate(late.Add)
            .Count("hops").ToStream().Map((key, count) => (key.Key, $"{key.Window.StartMs / 1000}s={count}")).To("out"));
        Pipe(driver, "x", 25);
        Pipe(driver, "ann", 15);
        late.Select(l => l.Window).Should().Equal(new Window(0, 20_000));
        Pipe(driver, "x", 60);
        driver.Output<string, string>("out").Read().Where(r => r.Key == "ann").Select(r => r.Value).Should().Equal("10s=1");
    }

    [Fact]
    public void A_callback_that_throws_is_a_processing_fault_of_the_record()
    {
        using var driver = Driver(
            stream => stream.WindowedBy(Windows(10, 0)).OnLate(_ => throw new InvalidOperationException()).Count("tens"),
            new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } });
        Pipe(driver, "x", 45);
        Pipe(driver, "ann", 3);
        driver.Dropped.Should().BeEquivalentTo(new Dictionary<string, long> { ["late"] = 1, [nameof(InvalidOperationException)] = 1 });
    }

    [Fact]
    public void The_Observed_clock_tells_late_records_too()
    {
        var late = new List<LateRecord>();
        using var driver = Driver(
            stream => stream.WindowedBy(Windows(10, 0)).OnLate(late.Add).Count("tens"), new() { ApplicationId = "app", Time = { Clock = StreamTime.Observed } });
        Pipe(driver, "x", 45);
        Pipe(driver, "ann", 3);
        late.Should().ContainSingle().Which.By.Should().Be(TimeSpan.FromSeconds(35));
    }

    private static TimeWindows Windows(int size, int grace) => TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(size), TimeSpan.FromSeconds(grace));

    private static void Pipe(TopologyTestDriver driver, string user, int second) => driver.Input<string, string>("in").Pipe(user, "v", second * 1000);

    private static TopologyTestDriver Driver(Action<KGroupedStream<string, string>> build, StreamsOptions? options = null)
    {
        var builder = new StreamsBuilder();
        build(builder.Stream<string, string>("in").GroupByKey());
        return new(builder.Build(), options);
    }
}
