using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Views;

/// <summary>Lines: tables of alerts on standard output, the status on standard error. For files, pipes and services.</summary>
internal sealed class PlainView(int rows, TimeProvider time) : IMonitorView
{
    private readonly StatusClock _clock = new(time);

    public static string CountText(Windowed<string> user, long count) => string.Create(
        CultureInfo.InvariantCulture, $"running {user.Window.Start:yyyy-MM-dd HH:mm:ss} {TerminalText.Printable(user.Key)} {count}");

    public void ShowInterval(IReadOnlyList<CrashAlert> alerts) => Steps.Above(() => AlertTable.Write(Console.Out, alerts, rows));

    public void ShowCount(Windowed<string> user, long count) => Steps.Above(() => Console.WriteLine(CountText(user, count)));

    public void ShowStatus(MonitorStatus status)
    {
        if (_clock.IsDue())
            Notices.Write(string.Create(CultureInfo.InvariantCulture, $"{time.GetLocalNow():HH:mm:ss} {status}"));
    }

    public void ShowEnd(MonitorStatus status)
    {
        Notices.Write(string.Create(CultureInfo.InvariantCulture, $"Processed {status.Records:N0} records, those of the monitor's own topics included."));
        if (status.NotProcessed.Count > 0)
            Notices.Write($"Not processed: {status.NotProcessedText}");
    }

    public void Dispose()
    {
    }
}
