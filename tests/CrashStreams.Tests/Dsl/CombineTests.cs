using CrashStreams.Testing;

namespace CrashStreams.Tests.Dsl;

/// <summary>Partial aggregates in front of a shuffle.</summary>
public class CombineTests
{
    private static readonly TimeWindows _tens = TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5));
    private static readonly SessionWindows _sessions = SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100));

    [Fact]
    public void One_record_of_a_key_and_window_goes_through_the_shuffle_and_the_results_are_the_same()
    {
        using var driver = Driver(static s => Sums(s, _tens));
        Append(driver, ("a", 1), ("a", 2), ("b", 3), ("a", 11), ("a", 12), ("a", 9), ("z", 40));
        driver.Settle();

        Shuffled(driver).Should().Equal(("a", 3), ("b", 1), ("a", 2), ("z", 1));
        Results(driver).Should().Equal(("a@0", 3), ("b@0", 1), ("a@10", 2));
    }

    [Fact]
    public void Hopping_windows_share_what_lies_between_their_bounds()
    {
        var hopping = _tens.AdvanceBy(TimeSpan.FromMilliseconds(4));
        using var driver = Driver(s => Sums(s, hopping));
        Append(driver, ("a", 4), ("a", 5), ("a", 6), ("a", 7), ("z", 60));
        driver.Settle();

        Shuffled(driver).Should().Equal(("a", 2), ("a", 2), ("z", 1));
        Results(driver).Should().Equal(("a@0", 4), ("a@4", 4));
    }

    [Fact]
    public void A_late_record_goes_on_by_itself_and_is_counted_as_late_behind_the_shuffle()
    {
        var late = new List<long>();
        using var driver = Driver(s => Sums(s, _tens, record => late.Add(record.Timestamp)));
        Append(driver, ("a", 1), ("a", 15), ("a", 2), ("a", 3), ("z", 40));
        driver.Settle();

        late.Should().Equal(2, 3);
        Results(driver).Should().Equal(("a@0", 1), ("a@10", 1));
    }

    [Fact]
    public void More_keys_than_are_held_are_forwarded_early()
    {
        using var driver = Driver(static s => Sums(s, _tens, mostKeys: 2));
        Append(driver, ("a", 1), ("b", 1), ("a", 1), ("c", 1), ("a", 1), ("z", 40));
        driver.Settle();

        Shuffled(driver).Should().Equal(("a", 2), ("b", 1), ("c", 1), ("a", 1), ("z", 1));
        Results(driver).Should().Equal(("a@0", 3), ("b@0", 1), ("c@0", 1));
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void What_is_held_when_an_instance_crashes_is_read_again(ProcessingGuarantee guarantee)
    {
        using var driver = Driver(static s => Sums(s, _tens), guarantee: guarantee);
        Append(driver, ("a", 1), ("a", 2));
        driver.Thread.RunOnce();
        driver.Restart(isCrash: true);
        Append(driver, ("a", 3), ("z", 40));
        driver.Settle();

        Results(driver).Should().Equal(("a@0", 3));
    }

    [Fact]
    public void With_the_observed_clock_each_record_goes_on_by_itself()
    {
        using var driver = Driver(static s => Sums(s, _tens), StreamTime.Observed);
        Append(driver, ("a", 1), ("a", 2), ("z", 40));
        driver.Settle();

        Shuffled(driver).Should().Equal(("a", 1), ("a", 1), ("z", 1));
    }

    [Fact]
    public void Keys_are_told_apart_by_their_bytes()
    {
        using var driver = Driver(
            static s => s.Map(static (key, value) => (key == "minus" ? -0.0 : 0.0, value)).Combine(_tens, static (a, b) => a + b)
                .GroupByKey(new() { Name = "by", ValueSerde = Serdes.Int64 }).WindowedBy(_tens).Emit(EmitStrategy.OnWindowClose).Reduce(static (a, b) => a + b, "sums").ToStream()
                .Map(static (key, sum) => (double.IsNegative(key.Key) ? "minus" : "plus", sum)));
        Append(driver, ("minus", 1), ("plus", 1), ("plus", 2), ("z", 40));
        driver.Settle();

        driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value)).Should().BeEquivalentTo([("plus", 2L), ("minus", 1L)]);
    }

    [Fact]
    public void A_session_keeps_its_bounds()
    {
        using var driver = Driver(Sessions);
        Append(driver, ("a", 25), ("a", 22), ("a", 29), ("a", 21), ("a", 33), ("a", 60), ("z", 400));
        driver.Settle();

        Shuffled(driver).Should().HaveCountLessThan(7);
        Results(driver).Should().Equal(("a@21-33", 5), ("a@60-60", 1));
    }

    // The session [10, 10] closes at 121. The record at 20 joins it when it is read, and must not wait for those that come later in its pane.
    [Fact]
    public void A_record_joins_a_session_that_closes_before_the_commit()
    {
        using var driver = Driver(Sessions);
        Append(driver, ("a", 10), ("a", 20), ("z", 122), ("a", 22), ("z", 500));
        driver.Settle();

        Results(driver).Should().Equal(("a@10-22", 3), ("z@122-122", 1));
    }

    [Fact]
    public void Records_without_key_go_on_and_are_counted_behind()
    {
        using var driver = Driver(static s => Sums(s, _tens));
        driver.Append("in", null, BitConverter.GetBytes(1L).Reverse().ToArray(), 1);
        Append(driver, ("a", 1), ("z", 40));
        driver.Settle();

        Results(driver).Should().Equal(("a@0", 1));
    }

    [Fact]
    public void It_must_be_able_to_hold_a_key()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, long>("in").Combine(_tens, static (a, b) => a + b, new() { Name = "sums", MaxKeys = 0 }).To("out");

        builder.Invoking(static b => b.Build()).Should().Throw<TopologyException>().WithMessage("*'sums': MaxKeys is 0: at least 1.*");
    }

    private static KStream<string, long> Sums(KStream<string, long> stream, TimeWindows windows) => Sums(stream, windows, static _ => { });

    private static KStream<string, long> Sums(KStream<string, long> stream, TimeWindows windows, int mostKeys) => Sums(stream, windows, static _ => { }, mostKeys);

    private static KStream<string, long> Sums(KStream<string, long> stream, TimeWindows windows, Action<LateRecord> onLate, int mostKeys = 100) => stream
        .SelectKey(static (key, _) => key)
        .Combine(windows, static (a, b) => a + b, new() { Name = "combined", MaxKeys = mostKeys })
        .GroupByKey(new() { Name = "by" })
        .WindowedBy(windows).Emit(EmitStrategy.OnWindowClose).OnLate(onLate)
        .Reduce(static (a, b) => a + b, "sums").ToStream()
        .SelectKey(static (key, _) => $"{key.Key}@{key.Window.StartMs}");

    private static KStream<string, long> Sessions(KStream<string, long> stream) => stream
        .SelectKey(static (key, _) => key)
        .Combine(_sessions, static (a, b) => a + b)
        .GroupByKey(new() { Name = "by" })
        .WindowedBy(_sessions).Emit(EmitStrategy.OnWindowClose)
        .Reduce(static (a, b) => a + b, "sums").ToStream()
        .SelectKey(static (key, _) => $"{key.Key}@{key.Window.StartMs}-{key.Window.EndMs}");

    private static TopologyTestDriver Driver(
        Func<KStream<string, long>, KStream<string, long>> build, StreamTime clock = StreamTime.Watermarks, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce)
    {
        var builder = new StreamsBuilder();
        build(builder.Stream<string, long>("in")).To("out");
        return new(builder.Build(), new() { ApplicationId = "app", Time = { Clock = clock }, Delivery = { Guarantee = guarantee, Shuffle = ShuffleFormat.Plain } });
    }

    // Each counts one.
    private static void Append(TopologyTestDriver driver, params (string Key, long TimeMs)[] records)
    {
        foreach (var (key, time) in records)
            driver.Append("in", System.Text.Encoding.UTF8.GetBytes(key), [0, 0, 0, 0, 0, 0, 0, 1], time);
    }

    private static List<(string Key, long Count)> Shuffled(TopologyTestDriver driver) => [.. driver.Output<string, long>("app-by-repartition").Read().Where(static r => r.Key is not null).Select(static r => (r.Key, r.Value))];

    private static List<(string Key, long Count)> Results(TopologyTestDriver driver) => [.. driver.Output<string, long>("out").Read().Select(static r => (r.Key, r.Value))];
}
