using CrashStreams.Processing;
using CrashStreams.Testing;
using CrashStreams.Time;

namespace CrashStreams.Tests.Runtime;

/// <summary>What operators hold back until a commit comes before the markers, the changelogs and the commit itself.</summary>
public class EmissionAtCommitTests
{
    [Fact]
    public void Results_that_were_held_back_are_in_front_of_the_marker_that_tells_downstream_tasks_how_far_this_one_is()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Latest()).Repartition(new() { Name = "again" }).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Time = { MarkerInterval = TimeSpan.Zero }, Delivery = { Shuffle = ShuffleFormat.Plain } });
        foreach (var time in new[] { 1, 2, 3 })
            driver.Append("in", "k"u8.ToArray(), [(byte)time], time);
        driver.Settle();
        var written = driver.Read("app-again-repartition");
        written.Select(IsMarker).Should().StartWith([false, true], "the marker must not overtake the result");
        written.Count(r => !IsMarker(r)).Should().Be(1, "three updates are one result");
        written[0].Value.Should().Equal(3);
        driver.Read("out").Should().ContainSingle();
    }

    [Fact]
    public void What_is_emitted_changes_stores_within_the_same_commit()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Latest()).GroupByKey().Count("counts");
        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var time in new[] { 1, 2 })
            driver.Append("in", "k"u8.ToArray(), [(byte)time], time);
        driver.Settle();
        driver.Read("app-counts-changelog").Should().ContainSingle();
        driver.Log.Committed[new("in", 0)].Offset.Should().Be(2);
        driver.Restart(isCrash: true);
        driver.KeyValueStore<string, long>("counts").TryGet("k", out var count).Should().BeTrue();
        count.Should().Be(1);
    }

    [Fact]
    public void A_window_behind_does_not_close_over_what_is_held_back()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Latest()).GroupByKey()
            .WindowedBy(TimeWindows.OfSizeWithNoGrace(TimeSpan.FromMilliseconds(10))).Count("counts").Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream().Map((k, n) => (k.Key, n)).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Delivery = { CommitInterval = TimeSpan.FromHours(1) } });
        driver.Append("in", "a"u8.ToArray(), [1], 5);
        driver.Append("in", "b"u8.ToArray(), [1], 25);
        driver.Thread.RunOnce();
        driver.Settle();
        driver.Dropped.Should().BeEmpty();
        driver.Read("out").Should().ContainSingle("the window of 'a' has closed with what was held back for it");
    }

    [Fact]
    public void An_operator_behind_that_throws_is_a_processing_fault()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Latest()).MapValues<string>(_ => throw new InvalidOperationException()).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } });
        driver.Pipe("in", "k"u8.ToArray(), [1], 1);
        driver.Dropped.Should().Contain(nameof(InvalidOperationException), 1);
    }

    private static bool IsMarker(RawRecord record) => record.Headers is { } headers && MarkerRecord.IsIn(headers);

    /// <summary>Keeps the last value of each key until the commit.</summary>
    private sealed class Latest : Processor<string, string, string, string>, IEmitsAtCommit
    {
        private readonly SortedDictionary<string, Record<string, string>> _pending = new(StringComparer.Ordinal);

        public override void Process(in Record<string, string> record) => _pending[record.Key] = record;

        void IEmitsAtCommit.EmitPending()
        {
            foreach (var record in _pending.Values)
            {
                Task.Clock.RecordWatermark = record.Timestamp;
                Forward(in record);
            }

            _pending.Clear();
        }
    }
}
