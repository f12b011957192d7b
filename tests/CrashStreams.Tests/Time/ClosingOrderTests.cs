using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>However far the clock jumps, windows close as if it had gone step by step.</summary>
public class ClosingOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Windows_of_several_operators_close_in_the_order_of_their_closing_times(int step)
    {
        using var driver = Driver(builder =>
        {
            var grouped = builder.Stream<string, string>("in").GroupByKey();
            var tens = Finals(grouped, 10, 30, "tens").MapValues(count => $"ten {count}");
            var twenties = Finals(grouped, 20, 25, "twenties").MapValues(count => $"twenty {count}");
            twenties.Merge(tens).Map((key, value) => (key.Key, $"{value} from {key.Window.StartMs / 1000}")).To("out");
        });
        var input = driver.Input<string, string>("in");
        for (var second = 0; second < 40; second += 5)
            input.Pipe("k", "v", second * 1000);
        for (var second = 40; second <= 100; second += step)
            input.Pipe("end", "v", second * 1000);
        if (step > 60)
            input.Pipe("end", "v", 100_000);

        driver.Output<string, string>("out").Read().Where(r => r.Key == "k").Select(r => r.Value).Should()
            .Equal("ten 2 from 0", "twenty 4 from 0", "ten 2 from 10", "ten 2 from 20", "twenty 4 from 20", "ten 2 from 30");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_window_takes_the_results_of_all_shorter_windows_in_it_that_wait_as_long_as_it_does(int step)
    {
        using var driver = Driver(builder =>
        {
            var tens = Finals(builder.Stream<string, string>("in").GroupByKey(), 10, 30, "tens").SelectKey((key, _) => key.Key);
            Finals(tens.GroupByKey(new() { Name = "again" }), 60, 30, "sixties").Map((key, count) => (key.Key, $"{count} from {key.Window.StartMs / 1000}")).To("out");
        });
        var input = driver.Input<string, string>("in");
        for (var second = 0; second < 60; second += 2)
            input.Pipe("k", "v", second * 1000);
        for (var second = 60; second <= 200; second += Math.Min(step, 140))
            input.Pipe("end", "v", second * 1000);

        driver.Output<string, string>("out").Read().Where(r => r.Key == "k").Select(r => r.Value).Should().Equal("6 from 0");
        driver.Dropped.Should().BeEmpty();
    }

    [Fact]
    public void A_result_that_an_operator_cannot_take_does_not_keep_the_others_from_being_emitted()
    {
        using var driver = Driver(
            builder => Finals(builder.Stream<string, string>("in").GroupByKey(), 10, 0, "tens")
                .Map((key, count) => key.Key == "bob" ? throw new InvalidOperationException() : (key.Key, $"{count}")).To("out"),
            new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } });
        var input = driver.Input<string, string>("in");
        foreach (var (user, second) in new[] { ("ann", 1), ("bob", 2), ("eve", 3), ("zoe", 11), ("x", 25), ("x", 40) })
            input.Pipe(user, "v", second * 1000);
        driver.Output<string, string>("out").Read().Select(r => r.Key).Should().Equal("ann", "eve", "zoe", "x");
        driver.Dropped.Should().Contain(nameof(InvalidOperationException), 1);
    }

    private static KStream<Windowed<string>, long> Finals<TValue>(KGroupedStream<string, TValue> grouped, int size, int grace, string name) => grouped
        .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(size), TimeSpan.FromSeconds(grace)))
        .Emit(EmitStrategy.OnWindowClose).Count(name).ToStream();

    private static TopologyTestDriver Driver(Action<StreamsBuilder> build, StreamsOptions? options = null)
    {
        var builder = new StreamsBuilder();
        build(builder);
        return new(builder.Build(), options);
    }
}
