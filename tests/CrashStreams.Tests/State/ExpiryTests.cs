using System.Buffers.Binary;
using CrashStreams.Operators;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Tests.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>Windows past their retention are gone, whatever a restore brings back.</summary>
public class ExpiryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_does_not_show_windows_that_had_expired(bool hasDisk)
    {
        var storage = new MemoryStateStorage();
        using var driver = Driver(hasDisk ? storage : null);
        driver.Input<string, string>("in").Pipe("ann", "v", 1_000);
        driver.Input<string, string>("in").Pipe("ann", "v", 100_000);
        Starts(driver).Should().Equal(100_000);

        driver.Thread.Dispose();
        Rewind(storage);
        driver.Restart(isCrash: true);

        Starts(driver).Should().Equal(100_000);
    }

    [Fact]
    public void Expired_windows_leave_the_disk()
    {
        var storage = new MemoryStateStorage();
        using (var driver = Driver(storage))
        {
            driver.Input<string, string>("in").Pipe("ann", "v", 1_000);
            driver.Input<string, string>("in").Pipe("ann", "v", 100_000);
        }

        storage.TryLock("app", "0_0");
        storage.Open("app", "0_0", "counts").ApproximateCount.Should().Be(1);
    }

    [Theory]
    [InlineData(StreamTime.Watermarks, false, "200000")]
    [InlineData(StreamTime.Watermarks, true, "200000")]
    [InlineData(StreamTime.Observed, false, "100000 200000")]
    [InlineData(StreamTime.Observed, true, "100000 200000")]
    public void What_expires_before_it_is_committed_is_not_logged_unless_Kafka_Streams_would(StreamTime clock, bool hasDisk, string logged)
    {
        using var driver = Driver(hasDisk ? new MemoryStateStorage() : null, clock);
        foreach (var time in new[] { 100_000, 200_000 })
            driver.Append("in", TestInput.Bytes("ann"), TestInput.Bytes("v"), time);
        driver.Settle();

        var starts = driver.Read("app-counts-changelog").Select(r => BinaryPrimitives.ReadInt64BigEndian(r.Key.AsSpan()[^12..]));
        string.Join(' ', starts).Should().Be(logged);
        driver.Read("out").Should().HaveCount(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_does_not_bring_back_what_a_distinct_operator_had_forgotten(bool hasDisk)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").DistinctWithin(TimeSpan.FromMilliseconds(1), "distinct").To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", State = { Storage = hasDisk ? new MemoryStateStorage() : null } });
        foreach (var time in new[] { 1_000, 200_000, 400_000 })
            driver.Input<string, string>("in").Pipe("ann", "v", time);
        var before = Entries(driver).ToList();
        before.Should().ContainSingle();

        driver.Restart(isCrash: true);

        Entries(driver).Should().BeSubsetOf(before);

        static IEnumerable<string> Entries(TopologyTestDriver driver) => StoreDump.Of(driver.Thread.Tasks.Single().Context.Stores.Single(static s => s.Name == "distinct-store")).Keys;
    }

    // The disk has lost all that was written last.
    private static void Rewind(MemoryStateStorage storage)
    {
        if (storage.Stores.Count == 0)
            return;
        storage.TryLock("app", "0_0");
        storage.Open("app", "0_0", "counts");
        storage.Crash(static most => most);
    }

    private static TopologyTestDriver Driver(IStateStorage? storage, StreamTime clock = StreamTime.Watermarks)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.Zero))
            .Count("counts").ToStream().To("out", new() { KeySerde = Serdes.TimeWindowed(Serdes.String, TimeSpan.FromSeconds(10)) });
        return new(builder.Build(), new() { ApplicationId = "app", State = { Storage = storage }, Time = { Clock = clock } });
    }

    private static IEnumerable<long> Starts(TopologyTestDriver driver) => driver.WindowStore<string, long>("counts").All().Select(e => e.Key.Window.StartMs);
}
