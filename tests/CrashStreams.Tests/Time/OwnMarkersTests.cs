using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>A stream comes together with what was made of it behind a shuffle: tasks read what they have written.</summary>
public class OwnMarkersTests
{
    [Fact]
    public void Windows_of_a_stream_and_of_its_own_descendant_close_while_records_come()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var turned = stream.SelectKey(static (_, value) => value).Repartition(new() { Name = "turned", Partitions = 2 });
        Count(stream.Merge(turned));
        var topology = builder.Build();
        topology.Warnings.Should().NotContain(static w => w.Contains("waits for itself", StringComparison.Ordinal));

        Drain(topology).Should().Contain(("b@0", 1));
    }

    [Fact]
    public void What_comes_through_the_shuffle_is_not_late_however_far_its_source_is()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var counts = stream.GroupBy(static (_, value) => value, new() { Name = "by-value" }).Count("counts").ToStream().MapValues(static count => $"{count}");
        Count(stream.Merge(counts.SelectKey(static (key, _) => key).Repartition(new() { Name = "again", Partitions = 2 })));

        Drain(builder.Build()).Should().Contain(("b@0", 1));
    }

    [Fact]
    public void A_window_in_front_of_such_a_shuffle_is_warned_of_by_name()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        var counts = stream.GroupByKey().WindowedBy(Windows).Emit(EmitStrategy.OnWindowClose).Count("early", "early").ToStream().Map(static (key, count) => (key.Key, $"{count}")).Repartition(new() { Name = "counts", Partitions = 2 });
        Count(stream.Merge(counts));

        builder.Build().Warnings.Should().ContainSingle(static w => w.Contains("'early'", StringComparison.Ordinal) && w.Contains("'counts-repartition'", StringComparison.Ordinal));
    }

    private static TimeWindows Windows => TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(100), TimeSpan.Zero);

    private static void Count(KStream<string, string> stream) =>
        stream.GroupByKey().WindowedBy(Windows).Emit(EmitStrategy.OnWindowClose).Count("final", "final").ToStream().Map(static (key, count) => ($"{key.Key}@{key.Window.StartMs}", count)).To("out", new() { ValueSerde = Serdes.Int64 });

    // No time goes by in which an input could fall idle.
    private static IEnumerable<(string, long)> Drain(Topology topology)
    {
        using var driver = new TopologyTestDriver(topology, new() { ApplicationId = "app", Time = { MarkerInterval = TimeSpan.Zero } }, partitions: new Dictionary<string, int> { ["in"] = 2 });
        for (var time = 10; time <= 1_000; time += 90)
        {
            for (var partition = 0; partition < 2; partition++)
                driver.Pipe("in", "a"u8.ToArray(), time == 10 && partition == 0 ? "b"u8.ToArray() : null, time, partition: partition);
        }

        return driver.Output<string, long>("out").Read().Where(static r => r.Key!.EndsWith("@0", StringComparison.Ordinal)).Select(static r => (r.Key!, r.Value)).Order();
    }
}
