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

    [Fact]
    public void A_partition_gets_one_record_for_all_tasks_of_a_thread()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Wait(1);
        Records(counts);
        for (var partition = 0; partition < 3; partition++)
            counts.Append(partition, "x", 2);
        counts.Wait(1);
        var records = Records(counts);
        records.Should().HaveCount(3, "there are three partitions");
        records.Should().OnlyContain(r => r.SequenceEqual(Enumerable.Range(0, 3).Select(p => new WatermarkMarker(p, 2000, false, 2000))));
    }

    [Fact]
    public void A_thread_that_writes_to_very_many_partitions_spends_200_records_a_second_and_a_tenth_of_its_records_on_markers()
    {
        const int partitions = 200;
        using var counts = new WindowCounts(partitions: partitions);
        for (var tenth = 0; tenth < 40; tenth++)
        {
            for (var partition = 0; partition < partitions; partition++)
                counts.Append(partition, "x", 1 + (tenth / 10.0));
            counts.Wait(0.1);
        }

        Records(counts).Count.Should().BeInRange(1_200, 2_000 + partitions, "of four seconds with 8,000 records, and what is told at the start; they would be 8,000 at ten a second");
    }

    private static List<List<WatermarkMarker>> Records(WindowCounts counts)
    {
        var records = new List<List<WatermarkMarker>>();
        foreach (var record in counts.Driver.Read(Topic))
        {
            if (record.Headers is { } headers && MarkerRecord.TryRead(headers, out var tasks))
                records.Add(tasks.ToList());
        }

        return records;
    }

    private static List<WatermarkMarker> Markers(WindowCounts counts)
    {
        var markers = new List<WatermarkMarker>();
        foreach (var record in counts.Driver.Read(Topic))
        {
            if (record.Headers is { } headers && MarkerRecord.TryRead(headers, out var tasks))
                markers.AddRange(tasks.ToList());
        }

        return markers;
    }
}
