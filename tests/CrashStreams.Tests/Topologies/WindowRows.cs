namespace CrashStreams.Tests.Topologies;

/// <summary>The rows of an operator's windows in one partition of the ideal run.</summary>
internal sealed class WindowRows
{
    private readonly SortedDictionary<long, SortedDictionary<string, (long Number, long TimeMs)>> _rows = [];

    /// <summary>The result that a window gives when it closes; it is judged by the instant before.</summary>
    public static Item Result(string key, long startMs, Windows windows, (long Number, long TimeMs) row, long closesAtMs) =>
        new(key, Item.Text(row.Number), row.TimeMs, closesAtMs - 1, new(null, HasBytes: false)) { Window = new(startMs, windows.EndOf(startMs)) };

    public (long Number, long TimeMs) Add(long startMs, Item item, Fold fold)
    {
        if (!_rows.TryGetValue(startMs, out var rows))
            _rows[startMs] = rows = new(StringComparer.Ordinal);
        var before = rows.TryGetValue(item.Key!, out var row) ? row : ((long Number, long TimeMs)?)null;
        return rows[item.Key!] = (fold.Of(before?.Number, item.Value), Math.Max(before?.TimeMs ?? long.MinValue, item.TimeMs));
    }

    public (long Number, long TimeMs)? Find(long startMs, string key) => _rows.TryGetValue(startMs, out var rows) && rows.TryGetValue(key, out var row) ? row : null;

    /// <summary>The rows of windows that close at a time.</summary>
    public IEnumerable<(long StartMs, string Key, (long Number, long TimeMs) Row)> ClosingAt(Windows windows, long timeMs) => _rows.Keys.Where(s => windows.ClosesAt(s) == timeMs).SelectMany(At);

    /// <summary>The rows of windows that close after a time.</summary>
    public IEnumerable<(long StartMs, string Key, (long Number, long TimeMs) Row)> Open(Windows windows, long timeMs) => _rows.Keys.Where(s => windows.ClosesAt(s) > timeMs).SelectMany(At);

    private IEnumerable<(long StartMs, string Key, (long Number, long TimeMs) Row)> At(long startMs) => _rows[startMs].Select(r => (startMs, r.Key, r.Value));
}
