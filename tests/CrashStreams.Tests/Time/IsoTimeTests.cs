using System.Globalization;
using System.Text;

namespace CrashStreams.Tests.Time;

public class IsoTimeTests
{
    [Theory]
    [InlineData("2026-01-31T08:15:00Z", "2026-01-31T08:15:00.000")]
    [InlineData("2026-01-31T08:15:00", "2026-01-31T08:15:00.000")]
    [InlineData("2026-01-31 08:15:00z", "2026-01-31T08:15:00.000")]
    [InlineData("2026-01-31T08:15:00.1Z", "2026-01-31T08:15:00.100")]
    [InlineData("2026-01-31T08:15:00.12+01:00", "2026-01-31T07:15:00.120")]
    [InlineData("2026-01-31T08:15:00.123-0130", "2026-01-31T09:45:00.123")]
    [InlineData("2026-01-31T00:15:00.123999+01", "2026-01-30T23:15:00.123")]
    [InlineData("2026-01-31T08:15:00.999999999Z", "2026-01-31T08:15:00.999")]
    [InlineData("2024-02-29T23:59:59,5", "2024-02-29T23:59:59.500")]
    [InlineData("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000")]
    [InlineData("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999")]
    [InlineData("9999-12-31T23:59:59.999999999-23:59", "9999-12-31T23:59:59.999", 23 * 60 + 59)]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000")]
    public void Times_are_read_in_every_form(string text, string utc, int aheadMinutes = 0)
    {
        IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out var milliseconds).Should().BeTrue();

        var expected = DateTime.ParseExact(utc, "yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture) - DateTime.UnixEpoch;
        milliseconds.Should().Be((expected.Ticks / TimeSpan.TicksPerMillisecond) + (aheadMinutes * 60_000L));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T08:15")]
    [InlineData("2026-01-31T08:15:00.")]
    [InlineData("2026-01-31T08:15:00.1234567890Z")]
    [InlineData("2026-02-29T08:15:00Z")]
    [InlineData("2026-13-01T08:15:00Z")]
    [InlineData("2026-00-01T08:15:00Z")]
    [InlineData("2026-01-31T24:00:00Z")]
    [InlineData("2026-01-31T08:60:00Z")]
    [InlineData("2026-01-31T08:15:60Z")]
    [InlineData("0000-01-31T08:15:00Z")]
    [InlineData("2026-01-31T08:15:00+24:00")]
    [InlineData("2026-01-31T08:15:00+1:00")]
    [InlineData("2026-01-31T08:15:00+010")]
    [InlineData("2026-01-31T08:15:00ZZ")]
    [InlineData("2026-01-31T08:15:00 Z")]
    [InlineData(" 2026-01-31T08:15:00Z")]
    [InlineData("2026/01/31T08:15:00Z")]
    [InlineData("+026-01-31T08:15:00Z")]
    public void What_is_no_time_is_none(string text) => IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out _).Should().BeFalse();

    [Fact]
    public void Any_instant_is_read_as_dotnet_reads_it()
    {
        var random = new Random(1);
        for (var i = 0; i < 2_000; i++)
        {
            var offset = TimeSpan.FromMinutes(random.Next(-14 * 60, 14 * 60));
            var time = new DateTimeOffset(random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), offset);
            var text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture);

            IsoTime.TryParse(Encoding.UTF8.GetBytes(text), out var milliseconds).Should().BeTrue(text);
            milliseconds.Should().Be(time.ToUnixTimeMilliseconds(), text);
        }
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var text = "2026-01-31T08:15:00.123456+01:00"u8.ToArray();
        IsoTime.TryParse(text, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            IsoTime.TryParse(text, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
