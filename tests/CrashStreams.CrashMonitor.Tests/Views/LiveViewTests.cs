using CrashStreams.Samples.CrashMonitor.Views;
using Spectre.Console;

namespace CrashStreams.CrashMonitor.Tests.Views;

public class LiveViewTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 11, 14, 42, 50, TimeSpan.Zero);

    [Fact]
    public void The_panel_shows_the_latest_figures_and_tables_of_alerts_stay_above_it()
    {
        var output = new StringWriter();
        using (var view = new LiveView(Console(output), "logs [to] alerts", rows: 1))
        {
            view.ShowStatus(Status(ApplicationActivity.Connecting, 0));
            view.ShowInterval([new(_start, _start.AddSeconds(10), "[red]user[/]", 5), new(_start, _start.AddSeconds(10), "b", 3)]);
            view.ShowEnd(Status(ApplicationActivity.Stopped, 12_345));
        }

        var lines = output.ToString().Split('\n').Select(line => line.TrimEnd()).ToList();
        lines.Should().Contain("|{2026-01-11 14:42:50, 2026-01-11 14:43:00}|[red]user[/]|5          |", "nothing from a record is markup").And.Contain("and 1 more");
        lines.Should().ContainMatch("*logs [to] alerts*");
        lines.FindLastIndex(line => line.Contains("12,345", StringComparison.Ordinal)).Should().BeGreaterThan(lines.FindIndex(line => line.StartsWith("and 1 more", StringComparison.Ordinal)));
        lines.Should().ContainMatch("*watermark*2026-01-11 14:42:50*").And.ContainMatch("*open windows*3*");
        lines.Should().ContainMatch("*not processed: late*7*");
    }

    private static IAnsiConsole Console(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 100;
        return console;
    }

    private static MonitorStatus Status(ApplicationActivity activity, long records) => new(new(activity), records, 100, _start, 3, 2, new Dictionary<string, long> { ["late"] = 7 });
}
