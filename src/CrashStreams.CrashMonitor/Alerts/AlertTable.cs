using System.Globalization;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Alerts as a table with one row each, the highest count first, users with the same count in order of their names. User ids are shown in one line each, with control
/// characters escaped.
/// </summary>
public static class AlertTable
{
    private const int MaxUserColumns = 60;

    private static readonly string[] _header = ["Interval", "user_id", "crash_count"];

    /// <summary>Writes the table; nothing when there are no alerts.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="alerts">The rows.</param>
    /// <param name="maxRows">The most rows to show; a line below the table counts the others.</param>
    public static void Write(TextWriter output, IReadOnlyCollection<CrashAlert> alerts, int maxRows = int.MaxValue)
    {
        var rows = alerts
            .OrderByDescending(alert => alert.CrashCount)
            .ThenBy(alert => alert.UserId, StringComparer.Ordinal)
            .Take(maxRows)
            .Select(alert => (string[])[Interval(alert), TerminalText.Printable(alert.UserId, MaxUserColumns), alert.CrashCount.ToString(CultureInfo.InvariantCulture) + (alert.IsCorrection ? " (corrected)" : "")])
            .ToList();
        if (rows.Count == 0)
            return;
        rows.Insert(0, _header);
        var widths = Enumerable.Range(0, _header.Length).Select(column => rows.Max(row => TerminalText.Columns(row[column]))).ToArray();
        var line = $"+{string.Join('+', widths.Select(width => new string('-', width)))}+";

        output.WriteLine(line);
        foreach (var row in rows)
        {
            output.WriteLine($"|{string.Join('|', row.Select((cell, column) => TerminalText.Pad(cell, widths[column])))}|");
            if (row == _header)
                output.WriteLine(line);
        }

        output.WriteLine(line);
        if (alerts.Count > maxRows)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {alerts.Count - maxRows:N0} more"));
    }

    private static string Interval(CrashAlert alert) => $"{{{Time(alert.IntervalStart)}, {Time(alert.IntervalEnd)}}}";

    private static string Time(DateTimeOffset time)
        => time.UtcDateTime.ToString(time.Millisecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
