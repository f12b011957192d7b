using System.Buffers;
using System.Text;

namespace CrashStreams.CrashMonitor.Tests;

public class CrashAlertSerdeTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 11, 14, 42, 50, TimeSpan.Zero);

    [Fact]
    public void An_alert_is_readable_json()
        => Text(new(_start, _start.AddSeconds(10), "user_1836", 5)).Should().Be(
            """{"interval_start":"2026-01-11T14:42:50Z","interval_end":"2026-01-11T14:43:00Z","user_id":"user_1836","crash_count":5}""");

    [Fact]
    public void An_alert_is_what_the_serializer_would_write()
    {
        foreach (var user in new[] { "user_1836", "Jörg \"the\" <b>", "☃\n\u0001", "" })
        {
            foreach (var isCorrection in new[] { false, true })
            {
                var alert = new CrashAlert(_start.AddTicks(1), _start.AddMilliseconds(10_005), user, long.MaxValue, isCorrection);

                Text(alert).Should().Be(System.Text.Json.JsonSerializer.Serialize(alert));
            }
        }
    }

    [Fact]
    public void Windows_below_a_second_keep_their_milliseconds()
    {
        var alert = new CrashAlert(_start.AddMilliseconds(250), _start.AddMilliseconds(500), "u", 3);

        Text(alert).Should().Contain("14:42:50.25Z").And.Contain("14:42:50.5Z");
        CrashAlertSerde.Instance.Deserialize(Encoding.UTF8.GetBytes(Text(alert))).Should().Be(alert);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"interval_start":"yesterday","interval_end":"2026-01-11T14:43:00Z","user_id":"u","crash_count":5}""")]
    public void What_is_no_alert_is_refused(string text)
    {
        CrashAlertSerde.Instance.TryDeserialize(Encoding.UTF8.GetBytes(text), out _, out var reason).Should().BeFalse();
        reason.Should().NotBeNull();
    }

    private static string Text(CrashAlert alert)
    {
        var bytes = new ArrayBufferWriter<byte>();
        CrashAlertSerde.Instance.Serialize(alert, bytes);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
