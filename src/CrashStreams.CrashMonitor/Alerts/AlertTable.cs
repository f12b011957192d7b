using System.Globalization;

namespace CrashStreams.CrashMonitor;

/// <summary>Alerts as a table with one row each, the highest count first, users with the same count in order of their names.</summary>
public static class AlertTable
{
    private static readonly string[] _header = ["Interval", "user_id", "crash_count"];

    /// <summary>Writes the table; nothing when there are no alerts.</summary>
    public static void Write(TextWriter output, IEnumerable<CrashAlert> alerts)
    {
        var rows = alerts
            .OrderByDescending(alert => alert.CrashCount)
            .ThenBy(alert => alert.UserId, StringComparer.Ordinal)
            .Select(alert => (string[])[Interval(alert), alert.UserId, alert.CrashCount.ToString(CultureInfo.InvariantCulture) + (alert.IsCorrection ? " (corrected)" : "")])
            .ToList();
        if (rows.Count == 0)
            return;
        rows.Insert(0, _header);
        var widths = Enumerable.Range(0, _header.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var line = $"+{string.Join('+', widths.Select(width => new string('-', width)))}+";

        output.WriteLine(line);
        foreach (var row in rows)
        {
            output.WriteLine($"|{string.Join('|', row.Select((cell, column) => cell.PadRight(widths[column])))}|");
            if (row == _header)
                output.WriteLine(line);
        }

        output.WriteLine(line);
    }

    private static string Interval(CrashAlert alert) => $"{{{Time(alert.IntervalStart)}, {Time(alert.IntervalEnd)}}}";

    private static string Time(DateTimeOffset time)
        => time.UtcDateTime.ToString(time.Millisecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
