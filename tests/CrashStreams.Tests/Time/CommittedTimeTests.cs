using CrashStreams.Log;
using CrashStreams.Time;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.Time;

/// <summary>The two formats in which time leaves the process.</summary>
public class CommittedTimeTests
{
    private static readonly Gen<long> _times = Gen.OneOf(Gen.Choose(-1, 2_000_000_000).Select(t => (long)t), Gen.Elements(long.MinValue, long.MaxValue, 0, -1));

    [Fact]
    public void What_is_committed_is_read_back() => Prop.ForAll(_times.ArrayOf().ToArbitrary(), times =>
    {
        var expected = times.Take(360).ToArray();
        var text = CommittedTime.Encode(times);
        CommittedTime.Decode(text).Should().Equal(expected);
        text.Length.Should().BeLessThanOrEqualTo(4096, "a default Kafka takes no more metadata");
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_does_not_fit_into_the_metadata_is_left_out_at_the_end() =>
        CommittedTime.Decode(CommittedTime.Encode(Enumerable.Range(0, 1000).Select(i => (long)i).ToArray())).Should().Equal(Enumerable.Range(0, 360).Select(i => (long)i));

    [Theory]
    [InlineData(200, 118)]
    [InlineData(long.MaxValue, 118)]
    [InlineData(-1, 0)]
    public void Of_operators_those_are_restored_that_fitted(long operators, int restored)
    {
        var clock = new TaskClock(StreamTime.Watermarks, TimeProvider.System);
        var times = Enumerable.Range(0, 200).SelectMany(i => new[] { OperatorTimes.HashOf($"operator-{i}"), 5L, 5L });
        CommittedTime.Restore(CommittedTime.Encode([1, 2, 3, 4, 4, operators, .. times]), clock, new UpstreamClock(1));
        clock.Watermark.Should().Be(4);
        Enumerable.Range(0, 200).Count(i => clock.ForOperator($"operator-{i}").ClosedThrough == 5).Should().Be(restored);
    }

    [Fact]
    public void An_operator_finds_its_times_by_its_name_whatever_others_there_are_now()
    {
        var before = Clock("first", "second");
        (before.Operators[0].MaxSeen, before.Operators[0].ClosedThrough) = (1, 2);
        (before.Operators[1].MaxSeen, before.Operators[1].ClosedThrough) = (3, 4);
        var clock = new TaskClock(StreamTime.Watermarks, TimeProvider.System);
        CommittedTime.Restore(CommittedTime.Of(before, new SourceClock()), clock, new SourceClock());
        Times(clock.ForOperator("second")).Should().Be((3, 4));
        Times(clock.ForOperator("new")).Should().Be((TaskClock.Unknown, TaskClock.Unknown));
        Times(clock.ForOperator("first")).Should().Be((1, 2));
    }

    [Fact]
    public void Of_two_inputs_the_later_times_count()
    {
        var clock = new TaskClock(StreamTime.Watermarks, TimeProvider.System);
        foreach (var (maxSeen, closedThrough) in new[] { (7L, 2L), (3L, 4L) })
        {
            var before = Clock("first");
            (before.Operators[0].MaxSeen, before.Operators[0].ClosedThrough) = (maxSeen, closedThrough);
            CommittedTime.Restore(CommittedTime.Of(before, new SourceClock()), clock, new SourceClock());
        }

        Times(clock.ForOperator("first")).Should().Be((7, 4));
    }

    [Fact]
    public void Times_that_an_earlier_version_has_committed_are_found_by_the_operators_place()
    {
        var bytes = Convert.FromBase64String(CommittedTime.Encode([1, 2, 3, 4, 4, 2, 10, 11, 20, 21, 9]));
        bytes[0] = 3;
        var clock = new TaskClock(StreamTime.Watermarks, TimeProvider.System);
        var upstream = new UpstreamClock(1);
        CommittedTime.Restore(Convert.ToBase64String(bytes), clock, upstream);
        Times(clock.ForOperator("a")).Should().Be((10, 11));
        Times(clock.ForOperator("b")).Should().Be((20, 21));
        Times(clock.ForOperator("c")).Should().Be((TaskClock.Unknown, TaskClock.Unknown));
        upstream.Watermark.Should().Be(9);
    }

    private static TaskClock Clock(params string[] operators)
    {
        var clock = new TaskClock(StreamTime.Watermarks, TimeProvider.System);
        foreach (var name in operators)
            clock.ForOperator(name);
        return clock;
    }

    private static (long MaxSeen, long ClosedThrough) Times(OperatorClock clock) => (clock.MaxSeen, clock.ClosedThrough);

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AQAA")]
    [InlineData("AwAB")]
    [InlineData("{\"lag\":3}")]
    public void Metadata_of_another_tool_or_version_is_nothing(string metadata) => CommittedTime.Decode(metadata).Should().BeEmpty();

    [Fact]
    public void The_metadata_is_version_count_and_times() =>
        Convert.ToHexStringLower(Convert.FromBase64String(CommittedTime.Encode([1, -1]))).Should().Be("04" + "0002" + "0000000000000001" + "ffffffffffffffff");

    [Fact]
    public void A_marker_is_a_header_of_version_partition_watermark_and_idleness() =>
        Hex(new WatermarkMarker(3, 1_000, IsIdle: true, Floor: 1_000)).Should().Be("01" + "00000003" + "00000000000003e8" + "01");

    [Fact]
    public void A_marker_of_a_clock_that_left_an_idle_input_behind_tells_the_floor_as_well() =>
        Hex(new WatermarkMarker(3, 1_000, IsIdle: false, Floor: 2)).Should().Be("01" + "00000003" + "00000000000003e8" + "00" + "0000000000000002");

    [Fact]
    public void The_tasks_of_a_thread_are_told_of_in_one_marker_as_differences() =>
        Hex(new(3, 1_000, IsIdle: true, Floor: 1_000), new(5, 1_001, IsIdle: false, Floor: 999)).Should().Be("02" + "00000000000003e8" + "060100" + "040202" + "04");

    [Fact]
    public void A_list_of_tasks_is_read_back() => Prop.ForAll(Gen.ListOf(Gen.Zip(_times.Two(), Gen.Choose(0, 1_000_000))).ToArbitrary(), list =>
    {
        var tasks = list.Select(static t => new WatermarkMarker(t.Item2, t.Item1.Item1, t.Item2 % 2 == 0, t.Item2 % 3 == 0 ? t.Item1.Item1 : t.Item1.Item2)).ToArray();
        if (tasks.Length == 0)
            return;
        MarkerRecord.TryRead(MarkerRecord.Of(tasks), out var read).Should().BeTrue();
        read.ToList().Should().Equal(tasks);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_list_that_was_cut_or_damaged_ends_where_it_makes_no_sense() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), Gen.Choose(0, 40).ToArbitrary(), (noise, at) =>
    {
        var bytes = MarkerRecord.Of([new(3, 1_000, false, 1_000), new(4, 2_000, true, 1_500), new(9, TaskClock.Unknown, false, TaskClock.Unknown)]).Last(MarkerRecord.Header)!;
        byte[] damaged = [.. bytes[..Math.Min(at, bytes.Length)], .. noise];
        if (MarkerRecord.TryRead(new Headers().Add(MarkerRecord.Header, damaged), out var read))
            read.ToList().Count.Should().BeLessThanOrEqualTo(damaged.Length);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Markers_are_read_back() => Prop.ForAll(_times.Two().ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (times, partition, isIdle) =>
    {
        var marker = new WatermarkMarker(partition, times.Item1, isIdle, times.Item2);
        MarkerRecord.TryRead(MarkerRecord.Of([marker]), out var read).Should().BeTrue();
        read.ToList().Should().Equal(marker);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Other_headers_are_no_markers() =>
        MarkerRecord.TryRead(new Headers().Add("other", "x").Add(MarkerRecord.Header, [1, 2]), out _).Should().BeFalse();

    [Fact]
    public void A_carried_watermark_leaves_the_users_headers_as_they_were()
    {
        Headers? headers = ReadAt.Put(new Headers().Add("trace", "7"), ReadAt.Encode(99, null));
        ReadAt.Watermark(ReadAt.Take(ref headers)!).Should().Be(99);
        headers.Should().ContainSingle().Which.Key.Should().Be("trace");
        headers = ReadAt.Put(null, ReadAt.Encode(99, null));
        ReadAt.Take(ref headers).Should().NotBeNull();
        headers.Should().BeNull();
        ReadAt.Take(ref headers).Should().BeNull("a record in order takes nothing along");
    }

    [Fact]
    public void A_carried_watermark_is_followed_by_the_records_place_in_its_source_topic() =>
        Convert.ToHexStringLower(ReadAt.Encode(1_000, new("logs", 3, 258))).Should().Be("00000000000003e8" + "00000003" + "0000000000000102" + "6c6f6773");

    [Fact]
    public void The_highest_bit_of_the_partition_says_that_the_place_among_those_of_one_source_record_is_unknown() =>
        Convert.ToHexStringLower(ReadAt.Encode(1_000, new("logs", 3, 258), isUnordered: true)).Should().Be("00000000000003e8" + "80000003" + "0000000000000102" + "6c6f6773");

    [Fact]
    public void A_result_has_no_place_in_a_source_topic()
    {
        Convert.ToHexStringLower(ReadAt.Encode(1_000, null)).Should().Be("00000000000003e8");
        ReadAt.Source(ReadAt.Encode(1_000, null)).Should().BeNull();
        ReadAt.Source(null).Should().BeNull();
    }

    [Fact]
    public void Places_are_read_back() => Prop.ForAll(_times.Two().ToArbitrary(), Gen.Elements("logs", "a", "l\u00f6gs").ToArbitrary(), (times, topic) =>
    {
        var source = new SourcePosition(topic, (int)Math.Abs(times.Item2 % 1000), times.Item2);
        var isUnordered = times.Item1 % 2 == 0;
        var bytes = ReadAt.Encode(times.Item1, source, isUnordered);
        ReadAt.IsUnordered(bytes).Should().Be(isUnordered);
        ReadAt.Watermark(bytes).Should().Be(times.Item1);
        ReadAt.Source(bytes).Should().Be(source);
    }).QuickCheckThrowOnFailure();

    private static string Hex(params WatermarkMarker[] tasks) => Convert.ToHexStringLower(MarkerRecord.Of(tasks).Last(MarkerRecord.Header)!);
}
