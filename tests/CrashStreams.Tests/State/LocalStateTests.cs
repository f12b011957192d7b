using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>What an instance keeps on its disk: it survives, it is never taken for more than it is, and where it is of no use it is rebuilt.</summary>
public class LocalStateTests
{
    private static readonly TopicPartition _changelog = new("app-seen-changelog", 0);

    private readonly MemoryStateStorage _storage = new();
    private readonly List<RestoreProgress> _restores = [];

    [Fact]
    public void After_a_clean_end_nothing_is_restored()
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob", "ann");
        driver.Restart();
        Restored.Should().Be(0);
        Seen(driver).Should().Equal("ann=2", "bob=1");
    }

    [Fact]
    public void After_a_crash_only_the_tail_is_restored()
    {
        using var driver = Driver();
        Pipe(driver, Enumerable.Range(0, 50).Select(i => $"u{i}").ToArray());
        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        Pipe(driver, "ann");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        Pipe(driver, "bob");

        Crash(driver);

        Restored.Should().BeInRange(1, 2);
        Seen(driver).Should().Contain("ann=1", "bob=1").And.HaveCount(52);
    }

    [Fact]
    public void When_nothing_happens_for_a_while_the_position_is_written_and_a_crash_leaves_nothing_to_restore()
    {
        using var driver = Driver();
        Pipe(driver, "ann");
        for (var i = 0; i < 3; i++)
            driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        Crash(driver);
        Restored.Should().Be(0);
        Seen(driver).Should().Equal("ann=1");
    }

    [Fact]
    public void State_that_lost_its_last_batches_is_completed_from_the_changelog()
    {
        using var driver = Driver();
        foreach (var name in new[] { "ann", "bob", "ann", "cleo" })
            Pipe(driver, name);
        driver.Thread.Dispose();
        // What the process wrote last had not reached the disk.
        var other = _storage.OtherProcess();
        other.TryLock("app", "0_0");
        other.Open("app", "0_0", "seen");
        other.Crash(most => most);
        driver.Restart(isCrash: true);
        Seen(driver).Should().Equal("ann=2", "bob=1", "cleo=1");
    }

    [Fact]
    public void A_changelog_that_was_made_anew_replaces_what_the_disk_holds()
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob", "ann");
        driver.Log.Partition(_changelog).Clear();
        driver.Restart(isCrash: true);
        Seen(driver).Should().BeEmpty();
    }

    [Fact]
    public void A_changelog_that_was_made_anew_and_is_longer_than_before_replaces_what_the_disk_holds()
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob", "ann");
        WhileDown(driver, () => MakeAnew(driver, "cleo", "dan", "eve", "fred"));
        Seen(driver).Should().Equal("cleo=7", "dan=7", "eve=7", "fred=7");
        WhileDown(driver, () => { });
        Restored.Should().Be(0, "the state is of the new changelog now");
    }

    [Fact]
    public void Where_topics_have_no_ids_offsets_are_all_that_is_compared()
    {
        using var driver = Driver();
        StartWithoutIds(driver);
        Pipe(driver, "ann", "bob");
        WhileDown(driver, () => MakeAnew(driver, "cleo", "dan", "eve"));
        Seen(driver).Should().Equal("ann=1", "bob=1", "eve=7");
    }

    [Fact]
    public void Whose_position_it_is_that_an_earlier_version_wrote_is_told_with_the_next_write()
    {
        using var driver = Driver();
        StartWithoutIds(driver);
        Pipe(driver, "ann", "bob");
        driver.Log.HasIds = true;

        WhileDown(driver, () => { });
        Restored.Should().Be(0, "it is taken as it is");
        Seen(driver).Should().Equal("ann=1", "bob=1");
        Pipe(driver, "ann");
        WhileDown(driver, () => MakeAnew(driver, "cleo", "dan", "eve", "fred"));
        Seen(driver).Should().Equal("cleo=7", "dan=7", "eve=7", "fred=7");
    }

    [Fact]
    public void A_changelog_that_begins_behind_the_state_replaces_what_the_disk_holds()
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob");
        WrittenByAnother(driver, "cleo", 7);
        WrittenByAnother(driver, "dan", 8);
        driver.Log.DeleteBefore(_changelog, 3);
        driver.Restart(isCrash: true);
        Seen(driver).Should().Equal("dan=8");
    }

    [Theory]
    [InlineData(22, "ann=1", "bob=1", "cleo=7")]
    [InlineData(24, "cleo=7")]
    public void State_that_may_have_missed_removals_is_rebuilt(int hours, params string[] expected)
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob");
        var changelog = driver.Log.Partition(_changelog);
        // Removed by another instance; a day later the changelog has forgotten the removals, too.
        for (var i = 0; i < changelog.Count; i++)
            changelog[i] = changelog[i] with { Key = "cleo"u8.ToArray(), Value = Bytes(7) };
        WrittenByAnother(driver, "cleo", 7);
        driver.Time.Advance(TimeSpan.FromHours(hours));
        driver.Restart(isCrash: true);
        Seen(driver).Should().Equal(expected);
    }

    [Fact]
    public void State_that_is_complete_is_used_however_old_it_is()
    {
        using var driver = Driver();
        Pipe(driver, "ann");
        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        driver.Time.Advance(TimeSpan.FromDays(30));
        driver.Restart(isCrash: true);
        Restored.Should().Be(0);
        Seen(driver).Should().Equal("ann=1");
    }

    [Fact]
    public void Unreadable_state_is_rebuilt()
    {
        using var driver = Driver();
        Pipe(driver, "ann", "bob");
        _storage.Corrupt("app", "0_0", "seen");
        driver.Restart();
        Restored.Should().Be(2);
        Seen(driver).Should().Equal("ann=1", "bob=1");
    }

    [Fact]
    public void State_of_another_topology_is_a_clear_error()
    {
        using (var driver = Driver())
            Pipe(driver, "ann");
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("seen").ToStream().To("out");
        FluentActions.Invoking(() => new TopologyTestDriver(builder.Build(), new() { ApplicationId = "app", State = { Storage = _storage } }))
            .Should().Throw<CrashStreamsException>().WithMessage("*'seen'*another topology*directory of its own*");
    }

    [Fact]
    public void A_full_disk_is_a_clear_error_and_loses_nothing()
    {
        using var driver = Driver();
        Pipe(driver, "ann");
        _storage.IsFull = true;
        driver.Invoking(d => Pipe(d, "bob")).Should().Throw<CrashStreamsException>().WithMessage("*full*");
        _storage.IsFull = false;
        driver.Restart(isCrash: true);
        Seen(driver).Should().Equal("ann=1", "bob=1");
    }

    [Fact]
    public void A_task_waits_until_its_state_is_given_up_by_another_process()
    {
        var other = _storage.OtherProcess();
        other.TryLock("app", "0_0");
        using var driver = Driver();
        Pipe(driver, "ann");
        driver.Read("out").Should().BeEmpty();
        other.Unlock("app", "0_0");
        driver.Settle();
        Seen(driver).Should().Equal("ann=1");
    }

    [Fact]
    public void A_store_without_changelog_keeps_what_was_committed()
    {
        using var driver = Driver(logged: false);
        Pipe(driver, "ann", "bob", "ann");
        driver.Restart();
        Seen(driver).Should().Equal("ann=2", "bob=1");
        driver.Topics.Should().NotContain(_changelog.Topic);
    }

    [Fact]
    public void State_of_tasks_that_moved_away_is_cleaned_after_a_delay()
    {
        var storage = new MemoryStateStorage(new ManualTime(DateTimeOffset.UnixEpoch));
        using var driver = new TopologyTestDriver(Build(logged: true), new() { ApplicationId = "app", State = { Storage = storage, CleanupDelay = TimeSpan.Zero } });
        storage.TryLock("app", "0_9");
        storage.Open("app", "0_9", "seen").Dispose();
        storage.Unlock("app", "0_9");
        driver.AdvanceWallClock(TimeSpan.FromMinutes(1));
        storage.Stores.Should().Equal("app/0_0/seen");
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void Whatever_was_not_committed_is_not_on_the_disk(ProcessingGuarantee guarantee)
    {
        using var driver = Driver(guarantee: guarantee);
        Pipe(driver, "ann");
        driver.Append("in", "bob"u8.ToArray(), "v"u8.ToArray(), 0);
        driver.Thread.RunOnce();
        Crash(driver);
        Seen(driver).Should().Equal("ann=1", "bob=1");
    }

    private long Restored => _restores.Where(r => r.IsComplete).Sum(r => r.Records);

    private TopologyTestDriver Driver(bool logged = true, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce) =>
        new(Build(logged), new() { ApplicationId = "app", State = { Storage = _storage, OnRestore = _restores.Add }, Delivery = { Guarantee = guarantee } });

    private static Topology Build(bool logged)
    {
        var builder = new StreamsBuilder();
        builder.AddKeyValueStore<string, long>("seen", logged: logged).Stream<string, string>("in").Process(() => new Counter(), ["seen"]).To("out");
        return builder.Build();
    }

    private void Crash(TopologyTestDriver driver)
    {
        _restores.Clear();
        driver.Restart(isCrash: true);
    }

    // Nothing is on the disk that would have the id.
    private void StartWithoutIds(TopologyTestDriver driver)
    {
        driver.Log.HasIds = false;
        _storage.Stores.Should().Equal("app/0_0/seen");
        WhileDown(driver, () =>
        {
            var other = _storage.OtherProcess();
            other.TryLock("app", "0_0").Should().BeTrue();
            other.Delete("app", "0_0", "seen");
            other.Unlock("app", "0_0");
        });
    }

    // Between a clean end and the next start.
    private void WhileDown(TopologyTestDriver driver, Action operatorsDeed)
    {
        driver.Thread.Stop();
        driver.Thread.Dispose();
        operatorsDeed();
        Crash(driver);
    }

    private static void MakeAnew(TopologyTestDriver driver, params string[] names)
    {
        driver.Log.Delete(_changelog.Topic);
        driver.Log.Create(_changelog.Topic, 1);
        foreach (var name in names)
            WrittenByAnother(driver, name, 7);
    }

    private static void Pipe(TopologyTestDriver driver, params string[] names)
    {
        foreach (var name in names)
            driver.Input<string, string>("in").Pipe(name, "v", 1);
    }

    private static void WrittenByAnother(TopologyTestDriver driver, string name, long count) => driver.Log.Append(
        _changelog.Topic, 0, new() { Key = System.Text.Encoding.UTF8.GetBytes(name), HasKey = true, Value = Bytes(count), HasValue = true, Timestamp = 1 });

    private static byte[] Bytes(long value)
    {
        var bytes = new byte[sizeof(long)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static IEnumerable<string> Seen(TopologyTestDriver driver) => driver.KeyValueStore<string, long>("seen").All().Select(e => $"{e.Key}={e.Value}");

    private sealed class Counter : Processor<string, string, string, long>
    {
        private IKeyValueStore<string, long> _seen = null!;

        protected override void Init() => _seen = Context.KeyValueStore<string, long>("seen");

        public override void Process(in Record<string, string> record)
        {
            _seen.TryGet(record.Key, out var count);
            _seen.Put(record.Key, count + 1);
            Forward(record.WithValue(count + 1));
        }
    }
}
