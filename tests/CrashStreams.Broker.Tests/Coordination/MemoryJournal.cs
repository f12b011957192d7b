using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Tests.Coordination;

/// <summary>A journal in memory, batch by batch, that can be full and from which a crash takes what came after a point.</summary>
internal sealed class MemoryJournal : IJournal
{
    private readonly List<JournalEntry[]> _batches = [];

    public bool IsFull { get; set; }

    public IReadOnlyList<JournalEntry[]> Batches => _batches;

    public Action? Appended { get; set; }

    public bool TryAppend(ReadOnlySpan<JournalEntry> entries)
    {
        if (IsFull)
            return false;
        entries.Length.Should().BePositive("an empty batch can't be stored");
        _batches.Add(entries.ToArray());
        Appended?.Invoke();
        return true;
    }

    public void Replay(JournalReplay replay)
    {
        foreach (var (key, value) in _batches.SelectMany(batch => batch))
            replay(key, value, value is null);
    }

    /// <summary>Only the last entry of each key, as after compaction; tombstones stay or go.</summary>
    public void Compact(bool keepTombstones)
    {
        var last = new Dictionary<string, (int Order, JournalEntry Entry)>();
        var order = 0;
        foreach (var entry in _batches.SelectMany(batch => batch))
            last[Convert.ToHexString(entry.Key)] = (order++, entry);
        var kept = last.Values.OrderBy(entry => entry.Order).Select(entry => entry.Entry).Where(entry => keepTombstones || entry.Value is not null).ToArray();
        _batches.Clear();
        _batches.Add(kept);
    }
}
