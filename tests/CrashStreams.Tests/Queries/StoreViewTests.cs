using CrashStreams.Engine;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Queries;

/// <summary>Stores asked from outside, in memory and over an engine.</summary>
public sealed class StoreViewTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_question_is_answered_between_two_turns_and_sees_what_is_not_committed_yet(bool hasEngine)
    {
        using var driver = Driver(hasEngine);
        var views = Views(driver);
        var counts = views.KeyValue<string, long>("counts");
        driver.Input<string, string>("in").Pipe("ann", "x", 1);
        driver.Append("in", "ann"u8.ToArray(), "y"u8.ToArray(), 2);

        var asked = counts.GetAsync("ann");
        asked.IsCompleted.Should().BeFalse("stores belong to the stream thread");
        driver.Thread.RunOnce();

        Answer(asked).Should().Be(KeyValuePair.Create("ann", 2L));
        driver.Log.Committed.Values.Max(c => c.Offset).Should().Be(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Entries_come_by_partition_then_by_key(bool hasEngine)
    {
        using var driver = Driver(hasEngine, partitions: 2);
        var counts = Views(driver).KeyValue<string, long>("counts");
        foreach (var user in "gfedcba")
            driver.Input<string, string>("in").Pipe($"{user}", "x", 1);
        var (zero, one) = (KeysOf(driver, 0), KeysOf(driver, 1));
        zero.Should().NotBeEmpty();
        one.Should().NotBeEmpty();

        Ask(driver, () => counts.AllAsync()).Select(e => e.Key).Should().Equal(zero.Order().Concat(one.Order()));
        Ask(driver, () => counts.RangeAsync("b", "d")).Select(e => e.Key).Should().BeEquivalentTo("b", "c", "d");
        Ask(driver, () => counts.CountAsync()).Should().Be(7);
        Ask(driver, () => counts.GetAsync("z")).Should().BeNull();
        Ask(driver, () => counts.GetAsync(one[0])).Should().NotBeNull();
        Ask(driver, () => counts.GetAsync(one[0], partition: 0)).Should().BeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Windows_come_by_start(bool hasEngine)
    {
        using var driver = Driver(hasEngine);
        var windows = Views(driver).Window<string, long>("windows");
        foreach (var (user, time) in new[] { ("ann", 1_000), ("bob", 2_000), ("ann", 3_000), ("ann", 12_000), ("ann", 23_000) })
            driver.Input<string, string>("in").Pipe(user, "x", time);

        Ask(driver, () => windows.GetAsync("ann", 0)).Should().Be(new ValueAndTimestamp<long>(2, 3_000));
        Ask(driver, () => windows.GetAsync("ann", 5)).Should().BeNull();
        Ask(driver, () => windows.FetchAsync("ann", 0, 10_000)).Select(e => (e.Key.Window.StartMs, e.Value.Value)).Should().Equal((0, 2), (10_000, 1));
        Ask(driver, () => windows.AllAsync()).Select(e => (e.Key.Key, e.Key.Window.StartMs)).Should().Equal(("ann", 0), ("bob", 0), ("ann", 10_000), ("ann", 20_000));
    }

    [Fact]
    public void A_store_that_is_not_there_or_of_other_types_is_told_at_once()
    {
        using var driver = Driver(hasEngine: false);
        var views = Views(driver);
        views.Invoking(v => v.KeyValue<string, long>("count")).Should().Throw<ArgumentException>().WithMessage("*no store 'count'*'counts'*");
        views.Invoking(v => v.KeyValue<string, int>("counts")).Should().Throw<ArgumentException>().WithMessage("*KeyValueStore of String and Int64*");
        views.Invoking(v => v.Window<string, long>("counts")).Should().Throw<ArgumentException>().WithMessage("*no window store*");
    }

    [Fact]
    public void A_task_that_waits_for_its_state_says_that_it_is_restoring()
    {
        var storage = new MemoryStateStorage();
        var other = storage.OtherProcess();
        other.TryLock("app", "0_0");
        using var driver = new TopologyTestDriver(Build(), new() { ApplicationId = "app", State = { Storage = storage } });
        var counts = Views(driver).KeyValue<string, long>("counts");

        driver.Invoking(d => Ask(d, () => counts.GetAsync("ann"))).Should().Throw<StoreUnavailableException>().Which.Reason.Should().Be(StoreUnavailableReason.Restoring);

        other.Unlock("app", "0_0");
        driver.Settle();
        Ask(driver, () => counts.GetAsync("ann")).Should().BeNull();
    }

    [Fact]
    public void A_partition_that_went_away_before_the_answer_is_not_here()
    {
        using var driver = Driver(hasEngine: false);
        var counts = Views(driver).KeyValue<string, long>("counts");
        var asked = counts.GetAsync("ann");
        ((CrashStreams.Log.IAssignmentListener)driver.Thread).Revoked([new("in", 0)]);
        driver.Thread.RunOnce();
        Reason(asked).Should().Be(StoreUnavailableReason.NotHere);
        Reason(counts.GetAsync("ann")).Should().Be(StoreUnavailableReason.NotHere);
        Reason(counts.AllAsync()).Should().Be(StoreUnavailableReason.NotHere);
    }

    [Fact]
    public void A_thread_that_ends_answers_all_who_still_ask()
    {
        var driver = Driver(hasEngine: false);
        var counts = Views(driver).KeyValue<string, long>("counts");
        var early = counts.GetAsync("ann");
        var thread = driver.Thread;
        driver.Dispose();
        Reason(early).Should().Be(StoreUnavailableReason.NotRunning);
        Reason(thread.Queries.Ask(() => 1)).Should().Be(StoreUnavailableReason.NotRunning);
    }

    [Fact]
    public void An_application_that_was_not_started_says_so()
    {
        var application = new StreamsApplication(Build(), new() { ApplicationId = "app" }, new MemoryLogClients(new()));
        application.Invoking(a => a.KeyValueStore<string, long>("counts")).Should().Throw<StoreUnavailableException>().WithMessage("*Created*");
    }

    [Fact]
    public void A_question_that_throws_hurts_nobody_but_its_asker()
    {
        using var driver = Driver(hasEngine: false);
        var asked = driver.Thread.Queries.Ask<int>(() => throw new InvalidOperationException("bad question"));
        driver.Thread.RunOnce();
        asked.Exception!.InnerException.Should().BeOfType<InvalidOperationException>();
    }

    private static TopologyTestDriver Driver(bool hasEngine, int partitions = 1) => new(
        Build(), new() { ApplicationId = "app", State = { Storage = hasEngine ? new MemoryStateStorage() : null } }, partitions: new Dictionary<string, int> { ["in"] = partitions });

    private static StreamsOptions Options { get; } = new() { ApplicationId = "app" };

    private static Topology Build()
    {
        var builder = new StreamsBuilder();
        var users = builder.Stream<string, string>("in").GroupByKey();
        users.Count("counts");
        users.WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60))).Count("windows");
        return builder.Build();
    }

    private static StoreViews Views(TopologyTestDriver driver)
    {
        var topology = Build();
        using var admin = new MemoryLogClients(driver.Log).CreateAdmin("");
        var topics = InternalTopics.PrepareAsync(topology, Options, admin, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        return new(topology, Options, topics, () => [driver.Thread]);
    }

    private static List<string> KeysOf(TopologyTestDriver driver, int partition) => driver.KeyValueStore<string, long>("counts", partition).All().Select(e => e.Key).ToList();

    private static T Ask<T>(TopologyTestDriver driver, Func<Task<T>> question)
    {
        var asked = question();
        driver.Thread.RunOnce();
        return Answer(asked);
    }

    private static StoreUnavailableReason Reason<T>(Task<T> asked) =>
        ((Action)(() => Answer(asked))).Should().Throw<StoreUnavailableException>().Which.Reason;

    // What was answered is only handed on; a question that was not answered would never be.
    private static T Answer<T>(Task<T> asked) => asked.WaitAsync(TimeSpan.FromMinutes(2)).GetAwaiter().GetResult();
}
