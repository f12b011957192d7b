using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>What the first update of an aggregate says of the value before it.</summary>
public class FirstUpdateTests
{
    [Theory]
    [InlineData(StreamTime.Watermarks, 1)]
    // Kafka Streams takes the initializer's value, 0, out of the group of even counts.
    [InlineData(StreamTime.Observed, 0)]
    public void A_row_that_is_new_leaves_no_group(StreamTime clock, long even)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts")
            .GroupBy((_, count) => (count % 2 == 0 ? "even" : "odd", count), new Grouped<string, long> { Name = "by-parity" }).Count("parities")
            .ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock } });
        var (input, output) = (driver.Input<string, string>("in"), driver.Output<string, long>("out"));
        input.Pipe("a", "x", 1);
        input.Pipe("a", "x", 2);
        input.Pipe("b", "x", 3);
        output.Read().Last(r => r.Key == "even").Value.Should().Be(even);
    }

    [Theory]
    [InlineData(StreamTime.Watermarks, new[] { "2", "-" })]
    [InlineData(StreamTime.Observed, new[] { "-", "2", "-" })]
    public void A_filter_tells_of_no_row_that_was_never_there(StreamTime clock, string[] rows)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromSeconds(1))).Count("counts")
            .Filter((_, count) => count % 2 == 0).ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock } });
        var input = driver.Input<string, string>("in");
        var output = driver.Output<Windowed<string>, long>("out", Serdes.TimeWindowed(Serdes.String, TimeSpan.FromSeconds(1)));
        for (var time = 1; time <= 3; time++)
            input.Pipe("a", "x", time);
        output.Read().Select(r => r.HasValue ? $"{r.Value}" : "-").Should().Equal(rows);
    }
}
