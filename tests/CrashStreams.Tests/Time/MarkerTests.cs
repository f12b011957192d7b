using CrashStreams.Time;

namespace CrashStreams.Tests.Time;

/// <summary>How often a task tells how far it is.</summary>
public class MarkerTests
{
    private const string Topic = "app-by-user-repartition";

    [Fact]
    public void Every_partition_of_a_repartition_topic_hears_of_every_writer()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 2).Pipe(2, "x", 3);
        Markers(counts).Should().BeEquivalentTo(Enumerable.Range(0, 3).SelectMany(_ => new[]
        {
            new WatermarkMarker(0, 1000, false, 1000), new WatermarkMarker(1, 2000, false, 2000), new WatermarkMarker(2, 3000, false, 3000),
        }));
    }

    [Fact]
    public void A_clock_that_stands_is_told_again_every_ten_seconds_and_not_more_often()
    {
        using var counts = new WindowCounts(partitions: 1);
        counts.Pipe(0, "ann", 1).Wait(5);
        Markers(counts).Should().HaveCount(2, "it was told when it moved and when the partition fell idle");
        counts.Wait(9);
        Markers(counts).Should().BeEmpty();
        counts.Wait(1);
        Markers(counts).Should().Equal(new WatermarkMarker(0, 1000, true, 1000));
    }

    [Fact]
    public void Markers_may_be_rarer_than_commits()
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { MarkerInterval = TimeSpan.FromSeconds(10), IdleAfter = TimeSpan.FromHours(1) } }, partitions: 1);
        for (var second = 1; second <= 30; second++)
            counts.Pipe(0, "ann", second).Wait(1);
        Markers(counts).Select(m => m.Watermark).Should().Equal(1000, 10_000, 20_000, 30_000);
    }

    private static List<WatermarkMarker> Markers(WindowCounts counts)
    {
        var markers = new List<WatermarkMarker>();
        foreach (var record in counts.Driver.Read(Topic))
        {
            if (record.Headers is { } headers && WatermarkMarker.TryRead(headers, out var marker))
                markers.Add(marker);
        }

        return markers;
    }
}
