using System.Text;
using CrashStreams.Samples.CrashMonitor.Views;
using Spectre.Console;

namespace CrashStreams.CrashMonitor.Tests.Views;

/// <summary>The picture of the live view in the documents is what a terminal shows.</summary>
public class PictureTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 11, 14, 42, 50, TimeSpan.Zero);

    [Fact]
    public void The_picture_of_the_documents_is_what_a_terminal_shows()
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.EightBit, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 76;
        console.Profile.Encoding = Encoding.UTF8;
        console.Profile.Capabilities.Unicode = true;
        using (var view = new LiveView(console, "crash-monitor: logs to crash-alerts", rows: 5))
        {
            view.ShowStatus(Status(ApplicationActivity.Connecting, 0, 0, 0));
            view.ShowInterval([new(_start, _start.AddSeconds(10), "user-17", 5), new(_start, _start.AddSeconds(10), "user-3", 4)]);
            view.ShowStatus(Status(ApplicationActivity.Running, 48_000, 12_000, 2));
            view.ShowInterval([new(_start.AddSeconds(10), _start.AddSeconds(20), "user-41", 3)]);
            view.ShowEnd(Status(ApplicationActivity.Running, 96_412, 12_031, 3));
        }

        var screen = new TerminalScreen();
        screen.Write(output.ToString());

        screen.Text.Should().ContainSingle(static line => line.Contains("records/s", StringComparison.Ordinal), "the panel is redrawn in its place");
        var picture = Path.Combine(Root(AppContext.BaseDirectory), "docs", "images", "crash-monitor.svg");
        if (Environment.GetEnvironmentVariable("CRASHSTREAMS_WRITE_DOCS") == "1")
            File.WriteAllText(picture, screen.ToSvg());
        File.ReadAllText(picture).Should().Be(screen.ToSvg(), "./build.sh docs draws it");
    }

    private static MonitorStatus Status(ApplicationActivity activity, long records, double perSecond, long alerts) =>
        new(new(activity), records, perSecond, _start.AddSeconds(31), 2, alerts, new Dictionary<string, long> { ["late"] = 7 });

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "CrashStreams.sln")) ? folder : Root(Path.GetDirectoryName(folder.TrimEnd('/'))!);
}
