using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;
using Spectre.Console;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>On a terminal: the status in a panel that is redrawn in place, the tables of alerts above it. Text from records goes in as plain text, never as markup.</summary>
internal sealed class LiveView : IMonitorView
{
    // The terminal echoes ^C where the cursor stands, behind the panel: without room for it there it would begin a line, and the panel be redrawn one line off.
    private const int ColumnsOfEcho = 4;

    private readonly IAnsiConsole _console;
    private readonly int _rows;
    private readonly string _title;
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _live;
    private readonly Lock _lock = new(); // stream threads show counts while the console shows the status
    private LiveDisplayContext? _display;

    public LiveView(IAnsiConsole console, string title, int rows)
    {
        (_console, _title, _rows) = (console, title, rows);
        var display = console.Live(new Text("Starting ..."));
        display.Overflow = VerticalOverflow.Crop;
        _live = display.StartAsync(context =>
        {
            _display = context;
            return _ending.Task;
        });
        Notices.Redirect(Write);
    }

    public void ShowInterval(IReadOnlyList<CrashAlert> alerts)
    {
        using var table = new StringWriter();
        AlertTable.Write(table, alerts, _rows);
        Write(table.ToString());
    }

    public void ShowCount(Windowed<string> user, long count) => Write(PlainView.CountText(user, count));

    public void ShowStatus(MonitorStatus status)
    {
        lock (_lock)
        {
            _display?.UpdateTarget(Panel(status));
            _display?.Refresh();
        }
    }

    public void ShowEnd(MonitorStatus status)
    {
        ShowStatus(status);
        Close();
    }

    public void Dispose() => Close();

    private static string Number(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private Panel Panel(MonitorStatus status)
    {
        var figures = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Row(string name, string value) => figures.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));

        Row("state", $"{status.Application}");
        Row("records/s", Number(status.RecordsPerSecond));
        Row("records", Number(status.Records));
        Row("watermark", status.WatermarkText ?? "-");
        Row("open windows", status.OpenWindows is { } windows ? Number(windows) : "-");
        Row("alerts", Number(status.Alerts));
        foreach (var (reason, count) in status.NotProcessed.OrderBy(reason => reason.Key, StringComparer.Ordinal))
            Row($"not processed: {reason}", Number(count));
        return new Panel(figures) { Header = new PanelHeader(Markup.Escape($" {_title} ")), Border = BoxBorder.Rounded, Width = Math.Max(1, _console.Profile.Width - ColumnsOfEcho) };
    }

    // The panel's lines are overwritten, not cleared: blanks up to its width take their ends away.
    private void Write(string lines)
    {
        var padded = lines.TrimEnd().Split('\n').Select(line => TerminalText.Pad(line.TrimEnd('\r'), _console.Profile.Width - ColumnsOfEcho) + "\n");
        lock (_lock)
            _console.Write(new Text(string.Concat(padded)));
    }

    private void Close()
    {
        Notices.Redirect(null);
        _ending.TrySetResult();
        _live.GetAwaiter().GetResult();
    }
}
