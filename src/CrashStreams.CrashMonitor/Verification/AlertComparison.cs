using System.Globalization;

namespace CrashStreams.CrashMonitor;

/// <summary>Compares the alerts that were written with those expected, row by row.</summary>
public sealed class AlertComparison(ExpectedAlerts expected)
{
    private readonly Dictionary<AlertKey, long> _found = [];
    private readonly Dictionary<AlertKey, long> _corrected = [];
    private readonly List<string> _wrong = [];
    private readonly List<string> _extra = [];
    private readonly List<string> _duplicate = [];
    private readonly List<string> _unreadable = [];

    /// <summary>What was expected.</summary>
    public ExpectedAlerts Expected { get; } = expected;

    /// <summary>Alerts found, duplicates included.</summary>
    public long Found { get; private set; }

    /// <summary>Alerts that had to be there and are not.</summary>
    public IReadOnlyList<string> Missing
        => [.. Expected.Due.Where(alert => !_found.ContainsKey(alert.Key)).Select(alert => Describe(alert.Key, alert.Value))
            .Concat(Expected.DueCorrections.Where(alert => !_corrected.ContainsKey(alert.Key)).Select(alert => $"{Describe(alert.Key, alert.Value)} (correction)"))
            .Order(StringComparer.Ordinal)];

    /// <summary>Alerts with another count than expected, and windows whose last correction has.</summary>
    public IReadOnlyList<string> Wrong => [.. _wrong, .. _corrected
        .Select(alert => (alert.Key, Count: alert.Value, Expected: Correction(alert.Key))).Where(alert => alert.Count < alert.Expected)
        .Select(alert => $"{Describe(alert.Key, alert.Count)} (last correction), expected {alert.Expected}").Order(StringComparer.Ordinal)];

    /// <summary>Corrections found, duplicates included.</summary>
    public long Corrections { get; private set; }

    /// <summary>Alerts that nothing in the input explains.</summary>
    public IReadOnlyList<string> Extra => _extra;

    /// <summary>Alerts for a user and window that has one already.</summary>
    public IReadOnlyList<string> Duplicate => _duplicate;

    /// <summary>Rows of the alerts topic that are no alerts.</summary>
    public IReadOnlyList<string> Unreadable => _unreadable;

    /// <summary>Whether there is nothing to complain of.</summary>
    public bool IsCorrect => Missing.Count + Wrong.Count + _extra.Count + _duplicate.Count + _unreadable.Count == 0;

    /// <summary>Takes a row of the alerts topic.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="where">Names the row in complaints.</param>
    public void Add(ReadOnlySpan<byte> value, string where)
    {
        Found++;
        if (!CrashAlertSerde.Instance.TryDeserialize(value, out var alert, out var reason))
        {
            _unreadable.Add($"{where}: {reason}");
            return;
        }

        var key = new AlertKey(alert.IntervalStart.ToUnixTimeMilliseconds(), alert.IntervalEnd.ToUnixTimeMilliseconds(), alert.UserId);
        if (alert.IsCorrection)
            AddCorrection(key, alert.CrashCount, where);
        else if (!_found.TryAdd(key, alert.CrashCount))
            _duplicate.Add($"{Describe(key, alert.CrashCount)}, first {_found[key]} ({where})");
        else if (!Expected.Due.TryGetValue(key, out var count) && !Expected.Possible.TryGetValue(key, out count))
            _extra.Add($"{Describe(key, alert.CrashCount)} ({where})");
        else if (count != alert.CrashCount)
            _wrong.Add($"{Describe(key, alert.CrashCount)}, expected {count} ({where})");
    }

    // Each late crash may have brought one, so counts grow from row to row; the last has to be right.
    private void AddCorrection(in AlertKey key, long count, string where)
    {
        Corrections++;
        var before = _corrected.GetValueOrDefault(key, long.MinValue);
        if (Correction(key) is not { } last)
            _extra.Add($"{Describe(key, count)} (correction, {where})");
        else if (count > last || count <= Expected.Due.GetValueOrDefault(key))
            _wrong.Add($"{Describe(key, count)}, expected a correction to {last} ({where})");
        else if (count <= before)
            _duplicate.Add($"{Describe(key, count)}, a correction of {before} ({where})");
        _corrected[key] = Math.Max(before, count);
    }

    private long? Correction(in AlertKey key) =>
        Expected.DueCorrections.TryGetValue(key, out var count) || Expected.PossibleCorrections.TryGetValue(key, out count) ? count : null;

    private static string Describe(AlertKey key, long count) => string.Create(
        CultureInfo.InvariantCulture,
        $"{DateTimeOffset.FromUnixTimeMilliseconds(key.StartMs):yyyy-MM-dd HH:mm:ss} {TerminalText.Printable(key.UserId)} {count}");
}
