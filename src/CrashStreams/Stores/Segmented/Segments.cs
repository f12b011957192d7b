using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>
/// Event time in pieces, as in Kafka Streams: entries of one piece lie together, so that what has expired is dropped a piece at a time, and the entries of
/// one key are in few places. Entries of a piece that has expired in part are not shown.
/// </summary>
internal sealed class Segments(long retentionMs)
{
    private const long ShortestMs = 60_000;

    private readonly long _lengthMs = Math.Max(retentionMs / 2, ShortestMs);

    // Few: two or three within the retention, and one for each odd time in the future.
    private readonly List<long> _ids = [];

    public long RetentionMs => retentionMs;

    /// <summary>Entries with earlier times are not part of the store any more, milliseconds.</summary>
    public long ExpiredBefore { get; private set; } = long.MinValue;

    /// <summary>No entry has a later time, milliseconds; <see cref="long.MinValue"/> when there are none.</summary>
    public long Latest => _ids.Count == 0 ? long.MinValue : _ids[^1] >= long.MaxValue / _lengthMs ? long.MaxValue : ((_ids[^1] + 1) * _lengthMs) - 1;

    public long Of(long timeMs) => Math.Max(timeMs, 0) / _lengthMs;

    public void Add(long id)
    {
        if (_ids.Count > 0 && _ids[^1] == id)
            return;
        var index = _ids.BinarySearch(id);
        if (index < 0)
            _ids.Insert(~index, id);
    }

    public void Clear() => _ids.Clear();

    /// <summary>The first that has entries, from <paramref name="id"/> on; -1 when there is none.</summary>
    public long NextFrom(long id)
    {
        foreach (var candidate in _ids)
        {
            if (candidate >= id)
                return candidate;
        }

        return -1;
    }

    /// <summary>The last that has entries, up to <paramref name="id"/>; -1 when there is none.</summary>
    public long LastUpTo(long id)
    {
        for (var i = _ids.Count - 1; i >= 0; i--)
        {
            if (_ids[i] <= id)
                return _ids[i];
        }

        return -1;
    }

    /// <summary>Those that have entries with times between both, inclusive. Entries may come and go meanwhile.</summary>
    public IEnumerable<long> Between(long fromMs, long throughMs, bool reversed)
    {
        var (first, last) = (Of(fromMs), Of(throughMs));
        for (var id = reversed ? LastUpTo(last) : NextFrom(first); id >= first && id <= last; id = reversed ? LastUpTo(id - 1) : NextFrom(id + 1))
            yield return id;
    }

    /// <summary>Lets expire what is older than the retention. True when whole segments have: all before <paramref name="kept"/>.</summary>
    public bool Expire(long referenceMs, out long kept)
    {
        kept = 0;
        if (referenceMs == TaskClock.Unknown || referenceMs < retentionMs || referenceMs - retentionMs + 1 <= ExpiredBefore)
            return false;
        ExpiredBefore = referenceMs - retentionMs + 1;
        kept = Of(ExpiredBefore);
        var expired = 0;
        while (expired < _ids.Count && _ids[expired] < kept)
            expired++;
        _ids.RemoveRange(0, expired);
        return expired > 0;
    }
}
