using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>A partition's log: records, ends of transactions, and the gaps that compaction leaves.</summary>
internal sealed class SimulatedPartition(TopicPartition at)
{
    private readonly List<SimulatedEntry?> _entries = [];
    private readonly Dictionary<SimulatedTransaction, long> _open = [];
    private readonly Dictionary<long, long> _sequences = [];

    public TopicPartition At => at;

    public long End => _entries.Count;

    /// <summary>The first offset that is not deleted.</summary>
    public long Start { get; private set; }

    /// <summary>Readers of committed records see nothing from the first open transaction on.</summary>
    public long LastStableOffset
    {
        get
        {
            var offset = End;
            foreach (var (_, first) in _open)
                offset = Math.Min(offset, first);
            return offset;
        }
    }

    public SimulatedEntry? this[long offset] => _entries[(int)offset];

    /// <summary>The records that a reader of committed ones sees, with their offsets.</summary>
    public IEnumerable<(long Offset, SimulatedEntry Entry)> Committed()
    {
        for (var offset = (int)Start; offset < LastStableOffset; offset++)
        {
            if (_entries[offset] is { IsCommitted: true } entry)
                yield return (offset, entry);
        }
    }

    /// <summary>Appends a producer's record; one that it has sent before (the answer was lost) is acknowledged and not written again.</summary>
    public bool Append(SimulatedEntry entry, long producerId, long sequence)
    {
        if (_sequences.TryGetValue(producerId, out var last) && sequence <= last)
            return false;
        _sequences[producerId] = sequence;
        if (entry.Transaction is { } transaction)
        {
            _open.TryAdd(transaction, End);
            transaction.Partitions.Add(this);
        }

        _entries.Add(entry);
        return true;
    }

    public void Finish(SimulatedTransaction transaction)
    {
        _open.Remove(transaction);
        _entries.Add(new(null, null, -1, null, transaction, true));
    }

    public void DeleteBefore(long offset)
    {
        for (; Start < offset; Start++)
            _entries[(int)Start] = null;
    }

    /// <summary>Deletes from the front what is older than the topic's retention: by the time that its records carry, as brokers do.</summary>
    public void Expire(long oldestMs)
    {
        var offset = (int)Start;
        while (offset < LastStableOffset && (_entries[offset] is not { IsControl: false } entry || entry.Timestamp < oldestMs))
            offset++;
        DeleteBefore(offset);
    }

    /// <summary>
    /// Another log that comes to the same: the last record of each key, in the reverse order; then the oldest ones again, until it is as long as this one and no position lies
    /// outside of it.
    /// </summary>
    public SimulatedPartition Copy()
    {
        var copy = new SimulatedPartition(at);
        var copied = new HashSet<byte[]>(BytesAreEqual.Instance);
        foreach (var (_, entry) in Committed().Reverse())
        {
            if (copied.Add(entry.Key!) && entry.Value is not null)
                copy._entries.Add(entry with { Transaction = null });
        }

        var count = copy._entries.Count;
        for (var i = 0; count > 0 && copy.End < End; i++)
            copy._entries.Add(copy._entries[count - 1 - (i % count)]);
        return copy;
    }

    /// <summary>Drops what lies behind a newer record of the same key, among what is stable; the newest ones are left alone, as in Kafka.</summary>
    /// <param name="keepFrom">The first offset that is not looked at.</param>
    /// <param name="oldestKeptMs">Nor is anything from the first record on that is not older, by the time that it carries.</param>
    public void Compact(long keepFrom, long oldestKeptMs)
    {
        for (var offset = (int)Start; offset < keepFrom; offset++)
        {
            if (_entries[offset] is { IsControl: false } young && young.Timestamp > oldestKeptMs)
                keepFrom = offset;
        }

        var newest = new HashSet<byte[]>(BytesAreEqual.Instance);
        for (var offset = (int)LastStableOffset - 1; offset >= 0; offset--)
        {
            if (_entries[offset] is not { } entry || entry.IsControl)
                continue;
            if (!entry.IsCommitted || (entry.Key is { } key && !newest.Add(key) && offset < keepFrom))
                _entries[offset] = null;
        }
    }

    private sealed class BytesAreEqual : IEqualityComparer<byte[]>
    {
        public static readonly BytesAreEqual Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }
}
