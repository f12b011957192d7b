using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.Time;

public class WatermarkTests
{
    [Fact]
    public void A_window_closes_when_the_slowest_partition_has_passed_its_end_and_grace()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "ann", 2).Pipe(2, "ann", 3).Pipe(0, "x", 40).Pipe(1, "x", 40).Pipe(2, "x", 39.999);
        counts.Results().Should().BeEmpty();
        counts.Pipe(2, "x", 40);
        counts.Results().Should().Equal("ann 0s=3");
    }

    [Fact]
    public void Partitions_that_ran_ahead_make_nobody_late()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(0, "x", 500).Pipe(1, "ann", 2).Pipe(1, "x", 500).Pipe(2, "ann", 3).Pipe(2, "x", 500);
        counts.Results().Should().Equal("ann 0s=3");
        counts.Dropped.Should().NotContainKey("late");
    }

    [Fact]
    public void A_record_is_late_against_its_own_partition_alone()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 40).Pipe(0, "ann", 9.999).Pipe(1, "ann", 9.999).Pipe(2, "x", 40).Pipe(0, "x", 100).Pipe(1, "x", 100).Pipe(2, "x", 100);
        counts.Dropped["late"].Should().Be(1);
        counts.Results().Should().Contain("ann 0s=1");
    }

    [Fact]
    public void An_idle_partition_is_not_waited_for_and_one_that_is_behind_is()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 11);
        counts.Wait(4);
        counts.Pipe(0, "x", 40).Pipe(1, "x", 41);
        counts.Results().Should().BeEmpty("partition 2 has brought nothing for less than five seconds");
        counts.Wait(1);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void When_all_partitions_are_idle_the_furthest_of_them_counts()
    {
        using var counts = new WindowCounts();
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 50).Pipe(2, "x", 20);
        counts.Results().Should().BeEmpty();
        counts.Wait(5);
        counts.Results().Should().Equal("ann 0s=1");
    }

    [Fact]
    public void The_last_windows_of_a_stopped_input_close_when_that_was_asked_for()
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { CloseAfterIdle = TimeSpan.FromSeconds(20) } });
        counts.Pipe(0, "ann", 1).Pipe(1, "bob", 2);
        counts.Wait(10);
        counts.Results().Should().BeEmpty();
        counts.Wait(10);
        counts.Results().Should().BeEquivalentTo("ann 0s=1", "bob 0s=1");
    }

    [Fact]
    public void A_record_from_the_future_moves_no_clock()
    {
        var late = new List<LateRecordSeen>();
        using var counts = new WindowCounts(new()
        {
            ApplicationId = "app", Time = { MaxFuture = TimeSpan.FromHours(1), LateTopic = WindowCounts.Late, OnLate = record => late.Add(new(record.Window is null, record.By)) },
        });
        counts.Pipe(0, "ann", 1).Pipe(1, "x", 1).Pipe(2, "x", 1).Pipe(0, "evil", 1e9).Pipe(1, "evil", 1e9).Pipe(2, "evil", 1e9);
        counts.Results().Should().BeEmpty();
        counts.Dropped["future"].Should().Be(3);
        late.Should().HaveCount(3).And.OnlyContain(l => l.IsFuture && l.By > TimeSpan.FromDays(1));
        counts.Driver.Read(WindowCounts.Late).Should().HaveCount(3).And.OnlyContain(r => r.Headers!.Last("cs-late-by-ms") != null);
    }

    [Fact]
    public void A_late_record_goes_to_the_late_topic_as_it_was_and_says_what_it_missed()
    {
        using var counts = new WindowCounts(new() { ApplicationId = "app", Time = { LateTopic = WindowCounts.Late } });
        counts.Pipe(0, "x", 45).Pipe(0, "ann", 3);
        var late = counts.Driver.Read(WindowCounts.Late).Should().ContainSingle().Subject;
        Text(late.Value).Should().Be("ann");
        Text(late.Headers!.Last("cs-window-start")).Should().Be("0");
        Text(late.Headers!.Last("cs-window-end")).Should().Be("10000");
        Text(late.Headers!.Last("cs-late-by-ms")).Should().Be("5000");
        Text(late.Headers!.Last("cs-fault-reason")).Should().Be("late");

        static string Text(byte[]? bytes) => System.Text.Encoding.UTF8.GetString(bytes!);
    }

    /// <summary>
    /// The claim: however a backlog is drained, partition by partition or in any mixture, the results are those of the rule, which knows only the
    /// order within each partition.
    /// </summary>
    [Fact]
    public void A_backlog_gives_the_same_results_in_whatever_order_it_is_drained()
    {
        var record = from partition in Gen.Choose(0, 2)
                     from user in Gen.Elements("ann", "bob", "eve")
                     from jitter in Gen.Choose(-45, 5)
                     select (Partition: partition, User: user, Jitter: jitter);
        var runs = from records in record.ListOf(60) from chunks in Gen.Choose(0, 6).ListOf(60) select (records, chunks);
        Prop.ForAll(runs.ToArbitrary(), run => Drain(run.records, run.chunks).Should().BeEquivalentTo(Expected(run.records))).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static double Seconds(int index, int jitter) => Math.Max(0, (index * 3) + jitter);

    private static List<string> Drain(IList<(int Partition, string User, int Jitter)> records, IList<int> chunks)
    {
        using var counts = new WindowCounts();
        var queues = records.Select((r, i) => (r.Partition, r.User, Seconds: Seconds(i, r.Jitter))).GroupBy(r => r.Partition)
            .ToDictionary(g => g.Key, g => new Queue<(int Partition, string User, double Seconds)>(g));
        // Chunk sizes from 0 to 6 records, from one partition after the other: some run far ahead of others.
        for (var turn = 0; queues.Values.Any(q => q.Count > 0); turn++)
        {
            var queue = queues.GetValueOrDefault(turn % 3);
            for (var left = turn < chunks.Count ? chunks[turn] : 100; left > 0 && queue?.TryDequeue(out var next) == true; left--)
                counts.Append(next.Partition, next.User, next.Seconds);
            counts.Driver.Settle();
        }

        for (var partition = 0; partition < 3; partition++)
            counts.Append(partition, "end", 50_000);
        counts.Driver.Settle();
        return counts.Results();
    }

    private static List<string> Expected(IList<(int Partition, string User, int Jitter)> records)
    {
        var watermarks = new double[] { -1, -1, -1 };
        var windows = new SortedDictionary<(string User, int Start), int>();
        for (var i = 0; i < records.Count; i++)
        {
            var (partition, user, jitter) = records[i];
            var seconds = Seconds(i, jitter);
            watermarks[partition] = Math.Max(watermarks[partition], seconds);
            var start = (int)(seconds / 10) * 10;
            if (start + 40 > watermarks[partition])
                windows[(user, start)] = windows.GetValueOrDefault((user, start)) + 1;
        }

        return windows.Select(w => $"{w.Key.User} {w.Key.Start}s={w.Value}").ToList();
    }

    private sealed record LateRecordSeen(bool IsFuture, TimeSpan By);
}
