using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.CrashMonitor.Tests;

public class ClosedIntervalsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_interval_is_handed_out_once_when_its_alerts_have_stopped_coming()
    {
        var intervals = new ClosedIntervals(_time);
        intervals.Add(Alert(10, "b"));
        intervals.Add(Alert(0, "a"));
        _time.Advance(TimeSpan.FromSeconds(1));
        intervals.Add(Alert(10, "c"));

        Take().Should().Equal("a");
        Take().Should().BeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        Take().Should().Equal("b", "c");

        IEnumerable<string> Take() => intervals.TakeQuiet(TimeSpan.FromSeconds(1)).SelectMany(interval => interval).Select(alert => alert.UserId);
    }

    private static CrashAlert Alert(long second, string user)
        => new(DateTimeOffset.FromUnixTimeSeconds(second), DateTimeOffset.FromUnixTimeSeconds(second + 10), user, 3);
}
