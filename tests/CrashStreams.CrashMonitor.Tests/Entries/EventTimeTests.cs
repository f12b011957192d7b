using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.CrashMonitor.Tests;

public class EventTimeTests
{
    [Theory]
    [InlineData(TimestampUnit.EpochSeconds)]
    [InlineData(TimestampUnit.EpochMilliseconds)]
    [InlineData(TimestampUnit.Auto)]
    public void It_agrees_with_the_full_parse_of_every_well_formed_line(TimestampUnit unit)
    {
        var serde = new LogEntrySerde(unit);
        var wellFormed = 0;
        Prop.ForAll(LogLines.Any, line =>
        {
            var bytes = LogLines.Bytes(line);
            if (!serde.TryDeserialize(bytes, out var entry, out _))
                return true;
            wellFormed++;
            return EventTime.TryRead(bytes, unit, out var timestampMs, out _) && timestampMs == entry.TimestampMs;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
        wellFormed.Should().BeGreaterThan(500);
    }

    [Fact]
    public void A_line_without_a_readable_time_is_malformed()
        => Prop.ForAll(LogLines.Any, line =>
            EventTime.TryRead(LogLines.Bytes(line), TimestampUnit.EpochSeconds, out _, out _) || !new LogEntrySerde().TryDeserialize(LogLines.Bytes(line), out _, out _))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Theory]
    [InlineData("""{"timestamp":7,""", 7)]
    [InlineData("""{"timestamp":7}""", 7)]
    [InlineData("""{"timestamp": 7 ,"a":""", 7)]
    [InlineData("""{"a":{"timestamp":9},"timestamp":7,"b":not json""", 7)]
    [InlineData("""{"a":"\"timestamp\":9","timestamp":7}""", 7)]
    [InlineData("""{"t\u0069mestamp":7,"timestamp":9}""", 7)]
    [InlineData("""{"timestamp":7,"timestamp":9}""", 7)]
    public void It_is_the_first_top_level_field_and_what_follows_is_not_read(string line, int seconds)
    {
        EventTime.TryRead(Encoding.UTF8.GetBytes(line), TimestampUnit.EpochSeconds, out var timestampMs, out var reason).Should().BeTrue(reason);
        timestampMs.Should().Be(seconds * 1000L);
    }

    [Theory]
    [InlineData("""{"timestamp":17681425""", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":07,""", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":7x,""", MalformedReason.NotJson)]
    [InlineData("""{"timestamp":1768142570000,""", MalformedReason.TimestampInMilliseconds)]
    [InlineData("""{"a":1}""", MalformedReason.MissingTimestamp)]
    [InlineData("7", MalformedReason.NotJson)]
    public void Where_there_is_no_time_there_is_a_reason(string line, string expected)
    {
        EventTime.TryRead(Encoding.UTF8.GetBytes(line), TimestampUnit.EpochSeconds, out _, out var reason).Should().BeFalse();
        reason.Should().Be(expected);
    }
}
