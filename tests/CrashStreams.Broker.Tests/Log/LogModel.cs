namespace CrashStreams.Broker.Tests.Log;

/// <summary>A log as simple as can be: what was appended, in order. What readers and producers should see is computed from that.</summary>
internal sealed class LogModel
{
    public sealed record Entry(long Offset, string[] Records, long Producer, int Sequence, bool Transactional, bool? Commit);

    private readonly List<Entry> _entries = [];

    public long End => _entries.Count == 0 ? 0 : _entries[^1].Offset + Math.Max(1, _entries[^1].Records.Length);
    public IReadOnlyList<Entry> Entries => _entries;

    public void Append(Entry entry) => _entries.Add(entry);

    /// <summary>What a power cut took.</summary>
    public void CutAt(long end) => _entries.RemoveAll(entry => entry.Offset >= end);

    public int NextSequence(long producer) =>
        _entries.FindLast(entry => entry.Producer == producer && entry.Commit is null) is { } last ? last.Sequence + last.Records.Length : 0;

    public bool IsOpen(long producer) =>
        _entries.FindLast(entry => entry.Producer == producer && (entry.Transactional || entry.Commit is not null)) is { Commit: null };

    public long StableOffset(int producers)
    {
        var open = Enumerable.Range(0, producers).Where(producer => IsOpen(producer)).Select(producer => FirstOffsetOfOpen(producer)).ToList();
        return open.Count == 0 ? End : open.Min();
    }

    public List<string> All() => [.. _entries.SelectMany(Show)];

    public List<string> Committed(int producers)
    {
        var stable = StableOffset(producers);
        return [.. _entries.Where((entry, i) => entry.Offset < stable && !IsAborted(i)).SelectMany(Show)];
    }

    private bool IsAborted(int index) => _entries[index] is { Transactional: true } entry
        && _entries.Skip(index).First(later => later.Producer == entry.Producer && later.Commit is not null).Commit == false;

    private long FirstOffsetOfOpen(long producer)
    {
        var lastMarker = _entries.FindLastIndex(entry => entry.Producer == producer && entry.Commit is not null);
        return _entries.Skip(lastMarker + 1).First(entry => entry.Producer == producer && entry.Transactional).Offset;
    }

    private static IEnumerable<string> Show(Entry entry) => entry.Records.Select((record, i) => $"{entry.Offset + i}:{record}");
}
