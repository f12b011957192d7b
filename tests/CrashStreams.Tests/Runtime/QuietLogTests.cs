using CrashStreams.Engine;
using CrashStreams.Telemetry;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Tests.Runtime;

/// <summary>What lasts is logged once in a while, and the worst of it is the status.</summary>
public sealed class QuietLogTests
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly Lines _lines = new();

    [Fact]
    public void A_cause_has_a_line_every_10_seconds_that_says_how_many_were_left_out()
    {
        var log = new QuietLog(_lines, _time);
        for (var i = 0; i < 25; i++)
        {
            log.Warn("away", $"away {i}");
            log.Warn("other", "other");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _lines.Texts.Where(static l => l.StartsWith("away", StringComparison.Ordinal)).Should().Equal(
            "away 0", "away 10 (9 more of the kind since the last such line)", "away 20 (9 more of the kind since the last such line)");
        _lines.Texts.Should().HaveCount(6);
    }

    [Fact]
    public void The_status_is_the_worst_that_is_reported()
    {
        var board = new StatusBoard(new QuietLog(_lines, _time));
        board.Worst.Should().BeNull();
        board.Report("thread 0", ApplicationActivity.Restoring, "3 of 7");
        board.Report("the log", ApplicationActivity.Connecting, "refused");
        board.Worst.Should().Be(new ApplicationStatus(ApplicationActivity.Connecting, "refused"));
        board.Report("the group", ApplicationActivity.Blocked, "a stranger");
        board.Worst!.ToString().Should().Be("Blocked: a stranger");
        board.Clear("the group");
        board.Clear("the log");
        board.Worst!.Detail.Should().Be("3 of 7");
        _lines.Texts.Should().Equal("Connecting: refused", "Blocked: a stranger");
    }

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Texts.Add(formatter(state, exception));
    }
}
