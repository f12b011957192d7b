using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

public class AlertOracleTests
{
    private readonly AlertOracle _oracle = new(new());

    [Fact]
    public void A_window_is_due_when_the_slowest_partition_has_passed_its_end_and_grace()
    {
        Crashes(0, 5, "a", 3);
        Harmless(0, 40);
        Crashes(1, 5, "b", 4);
        Harmless(1, 39);

        var expected = _oracle.Finish();

        expected.Due.Should().BeEmpty();
        expected.Possible.Should().BeEquivalentTo(new Dictionary<AlertKey, long> { [new(0, 10_000, "a")] = 3, [new(0, 10_000, "b")] = 4 });

        Harmless(1, 40);
        _oracle.Finish().Due.Should().HaveCount(2);
    }

    [Fact]
    public void Only_counts_above_the_threshold_are_alerts()
    {
        Crashes(0, 5, "two", 2);
        Crashes(0, 5, "three", 3);

        _oracle.Finish(everythingIsClosed: true).Due.Keys.Should().Equal(new AlertKey(0, 10_000, "three"));
    }

    [Fact]
    public void Lateness_is_judged_by_the_records_own_partition()
    {
        Harmless(0, 40);
        Crashes(0, 9, "late", 5);
        Crashes(1, 9, "in time", 3);

        var expected = _oracle.Finish(everythingIsClosed: true);

        expected.Due.Keys.Should().Equal(new AlertKey(0, 10_000, "in time"));
        expected.Late.Should().Be(5);
    }

    [Fact]
    public void A_record_that_just_makes_the_grace_counts()
    {
        Harmless(0, 39);
        Crashes(0, 9, "a", 3);

        _oracle.Finish(everythingIsClosed: true).Due.Should().HaveCount(1);
    }

    [Fact]
    public void A_malformed_record_moves_the_watermark_when_its_time_can_be_read()
    {
        Add(0, """{"timestamp":40,"severity":""");
        Crashes(0, 9, "late", 1);
        Add(1, "not json");
        Crashes(1, 9, "in time", 3);

        var expected = _oracle.Finish(everythingIsClosed: true);

        expected.Late.Should().Be(1);
        expected.Malformed.Should().BeEquivalentTo(new Dictionary<string, long> { [MalformedReason.NotJson] = 2 });
    }

    [Fact]
    public void A_record_from_the_future_moves_nothing()
    {
        var oracle = new AlertOracle(new(), DateTimeOffset.FromUnixTimeSeconds(100));
        oracle.Add(0, Line(101, "High", "a", "crash"));
        oracle.Add(0, Line(5, "High", "a", "crash"));

        var expected = oracle.Finish(everythingIsClosed: true);

        (expected.Future, expected.Late).Should().Be((1, 0));
    }

    [Theory]
    [InlineData(TimestampUnit.EpochSeconds, false)]
    [InlineData(TimestampUnit.EpochMilliseconds, true)]
    [InlineData(TimestampUnit.Auto, false)]
    public void Its_reader_and_the_monitors_agree_on_every_line(TimestampUnit unit, bool caseSensitive)
    {
        var options = new CrashMonitorOptions { TimestampUnit = unit, CaseSensitive = caseSensitive, MaxValueBytes = 300 };
        var serde = new LogEntrySerde(unit, caseSensitive, options.MaxValueBytes);
        var reader = new LineReader(options);
        Prop.ForAll(LogLines.Any, line =>
        {
            var bytes = LogLines.Bytes(line);
            serde.TryDeserialize(bytes, out var entry, out var reason);
            var isTimed = EventTime.TryRead(bytes, unit, out var timestampMs, out _);
            reader.Read(bytes);
            return (reader.Fault, reader.IsMatch, reader.User, reader.TimestampMs)
                == (reason, entry.IsSevereCrash, entry.UserId ?? "", isTimed ? timestampMs : -1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    private void Crashes(int partition, long second, string user, int times)
    {
        for (var i = 0; i < times; i++)
            _oracle.Add(partition, Line(second, "Critical", user, "it did crash"));
    }

    private void Harmless(int partition, long second) => _oracle.Add(partition, Line(second, "Low", "x", "fine"));

    private void Add(int partition, string line) => _oracle.Add(partition, Encoding.UTF8.GetBytes(line));

    private static byte[] Line(long second, string severity, string user, string content)
        => Encoding.UTF8.GetBytes($$"""{"timestamp":{{second}},"severity":"{{severity}}","user_id":"{{user}}","content":"{{content}}"}""");
}
