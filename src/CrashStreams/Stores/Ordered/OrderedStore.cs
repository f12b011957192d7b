using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Entries in bytes, in the order of their keys: what typed stores that are searched by ranges keep. Without an engine it holds everything; over one it
/// is a write-back cache, and reads see the engine's entries through what was changed since the last commit.
/// Changes are written at a commit, once for each key; an entry that comes and goes between two commits is written nowhere.
/// Spans are valid until the store is used again.
/// </summary>
internal sealed partial class OrderedStore(string name, string kind, StoreFormat format, StoreContext context) : IStateStore, IOrderedSource
{
    // Of so many entries one that is meant makes a walk over all cheaper than to sort or find those that are.
    private const int ManyOf = 8;

    private readonly OrderedEntries _entries = new();
    private readonly List<OrderedEntry> _dirty = [];

    // Kafka Streams logs both changes of a session that is extended within its bounds.
    private readonly bool _logsReplacements = context.Clock.Mode == StreamTime.Observed;
    private OrderedCursor? _spareCursor;
    private int _dirtyCount;
    private int _tombstoneCount;
    private long _bytes;

    public string Name => name;

    public string Kind => kind;

    public string? ChangelogTopic => context.ChangelogTopic;

    /// <summary>The number of entries; over an engine an estimate, without those changed since the last commit.</summary>
    public long Count => _engine?.ApproximateCount ?? _entries.Count - _tombstoneCount;

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        var entry = _entries.Find(key);
        if (entry is null && _engine is not null)
            entry = Load(key);
        if (entry is not { IsPresent: true })
        {
            value = default;
            return false;
        }

        entry.IsUsed = true;
        value = entry.Value;
        return true;
    }

    /// <param name="key">The key; copied.</param>
    /// <param name="value">The value; copied.</param>
    /// <param name="timestamp">The event time that the changelog gets with the entry, milliseconds.</param>
    /// <param name="isNew">The caller knows that the store has no such key: removing it before the next commit then leaves nothing to write.</param>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp, bool isNew = false)
    {
        var entry = Change(key, timestamp, isNew, out _);
        SetValue(entry, value, isPresent: true);
    }

    /// <summary>Removes an entry that no commit has written yet; false when one may have.</summary>
    public bool TryRemoveUnwritten(ReadOnlySpan<byte> key)
    {
        if (_entries.Find(key) is not { IsNew: true, IsPresent: true })
            return false;
        Delete(key, 0);
        return true;
    }

    /// <summary>Removes an entry. The removal of a key that is not there is logged as well, as in Kafka Streams.</summary>
    public void Delete(ReadOnlySpan<byte> key, long timestamp)
    {
        var entry = Change(key, timestamp, isNew: false, out var existed);
        if (existed && entry is { IsNew: true, IsPresent: true })
        {
            _bytes -= CacheSize.PerEntry + entry.Size;
            _entries.Remove(key);
            Clean(entry);
            return;
        }

        SetValue(entry, default, isPresent: false);
    }

    /// <summary>Removes an entry that has expired: its removal is not logged, but its last change is, if that has not been.</summary>
    /// <remarks>The format must not log removals.</remarks>
    public void Erase(ReadOnlySpan<byte> key)
    {
        var entry = _entries.Find(key);
        if (entry is { IsDirty: true, IsPresent: true })
        {
            _bytes -= CacheSize.PerEntry + entry.Size;
            entry.IsForgotten = true;
            _entries.Remove(entry.Key);
            if (entry.IsNew)
                return;
        }

        Delete(key, 0);
    }

    /// <summary>
    /// Removes the entries from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) without logging it: they have expired, and
    /// whoever reads the changelog knows as much.
    /// </summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, exclusive; nothing is removed unless it is above the lower one.</param>
    /// <param name="logsChanges">Whether what was changed since the last commit is still logged.</param>
    public void Forget(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool logsChanges)
    {
        if (from.SequenceCompareTo(to) >= 0)
            return;
        _entries.RemoveRange(from, to, entry =>
        {
            _bytes -= CacheSize.PerEntry + entry.Size;
            _tombstoneCount -= entry.IsPresent ? 0 : 1;
            entry.IsForgotten = true;
            if (entry.IsDirty && !logsChanges)
                Clean(entry);
        });
        ForgetInEngine(from, to);
    }

    /// <summary>The entries from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive; empty: to the end). Changes made meanwhile show when they lie ahead.</summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, exclusive; empty for none.</param>
    /// <param name="reversed">Whether to go from the last entry to the first.</param>
    public OrderedCursor Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed = false)
    {
        var cursor = _spareCursor ?? new OrderedCursor(this);
        _spareCursor = null;
        cursor.Open(from, to, reversed);
        return cursor;
    }

    /// <summary>The entries whose keys begin with <paramref name="prefix"/>.</summary>
    public OrderedCursor Prefix(ReadOnlySpan<byte> prefix, bool reversed = false)
    {
        Span<byte> end = prefix.Length <= 256 ? stackalloc byte[prefix.Length] : new byte[prefix.Length];
        return Scan(prefix, EndOfPrefix(prefix, end), reversed);
    }

    /// <summary>The first key behind all that begin with a prefix; empty when there is none.</summary>
    public static ReadOnlySpan<byte> EndOfPrefix(ReadOnlySpan<byte> prefix, Span<byte> buffer)
    {
        var length = prefix.TrimEnd((byte)0xff).Length;
        if (length == 0)
            return default;
        prefix[..length].CopyTo(buffer);
        buffer[length - 1]++;
        return buffer[..length];
    }

    public void Flush(IChangelogWriter changelog)
    {
        DropWritten();
        OrderDirty();
        FlushForgotten();
        foreach (var entry in _dirty)
        {
            entry.IsDirty = false;
            if (!Log(changelog, entry))
            {
                TakeBack(entry);
                continue;
            }

            entry.IsNew = false;
            entry.Committed = null;
            if (!entry.IsForgotten)
                FlushToEngine(entry);
        }

        _dirty.Clear();
        _dirtyCount = 0;
        if (_engine is null)
            RemoveTombstones(_flushedTombstones);
    }

    public void Restore(in LogRecord record)
    {
        _buffer.Clear();
        format.Restore(in record, this, _buffer);
    }

    /// <summary>Sets an entry as the changelog has it.</summary>
    public void RestorePut(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (_engine is not null)
        {
            _engine.Put(key, value);
            return;
        }

        var entry = _entries.GetOrAdd(key, out _);
        entry.SetValue(value);
        entry.IsPresent = true;
    }

    /// <summary>Removes an entry as the changelog has it.</summary>
    public void RestoreDelete(ReadOnlySpan<byte> key)
    {
        if (_engine is not null)
            _engine.Delete(key);
        else
            _entries.Remove(key);
    }

    /// <summary>Removes entries as their owner has. True when the engine has something to write.</summary>
    public bool RestoreForget(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        _entries.RemoveRange(from, to, static _ => { });
        _engine?.DeleteRange(from, to);
        return _engine is not null;
    }

    private OrderedEntry Change(ReadOnlySpan<byte> key, long timestamp, bool isNew, out bool existed)
    {
        var entry = _entries.GetOrAdd(key, out existed);
        if (!existed)
        {
            entry.IsNew = isNew || _engine is null;
            // Until its caller says what it is.
            _tombstoneCount++;
            _bytes += CacheSize.PerEntry + entry.Size;
        }

        entry.Timestamp = timestamp;
        entry.IsUsed = true;
        if (entry.IsDirty)
            return entry;
        // An engine has it.
        if (_engine is null && existed && entry.IsPresent)
            entry.Committed = entry.Value.ToArray();
        entry.IsDirty = true;
        _dirty.Add(entry);
        _dirtyCount++;
        return entry;
    }

    private void SetValue(OrderedEntry entry, ReadOnlySpan<byte> value, bool isPresent)
    {
        _bytes -= entry.Size;
        entry.SetValue(value);
        _bytes += entry.Size;
        _tombstoneCount += (entry.IsPresent ? 1 : 0) - (isPresent ? 1 : 0);
        entry.IsReplaced |= isPresent && entry is { IsPresent: false, IsNew: false };
        entry.IsPresent = isPresent;
    }

    // Its place among the changed entries is given up later, unless there are many such.
    private void Clean(OrderedEntry entry)
    {
        entry.IsDirty = false;
        _dirtyCount--;
        if (_dirty.Count > 1024 && _dirtyCount < _dirty.Count / 2)
            _dirty.RemoveAll(static e => !e.IsDirty);
    }

    private void OrderDirty()
    {
        if (_dirtyCount > _entries.Count / ManyOf && !_dirty.Exists(static e => e.IsForgotten))
        {
            _dirty.Clear();
            _entries.AddTo(_dirty, static e => e.IsDirty);
            return;
        }

        _dirty.RemoveAll(static e => !e.IsDirty);
        _dirty.Sort(static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key) is var order and not 0 ? order : b.IsForgotten.CompareTo(a.IsForgotten));
    }

    private bool Log(IChangelogWriter changelog, OrderedEntry entry)
    {
        if (ChangelogTopic is null)
            return true;
        var isReplaced = entry is { IsReplaced: true, IsPresent: true } && _logsReplacements;
        entry.IsReplaced = false;
        if (isReplaced && !Log(changelog, entry, default, isPresent: false))
            return false;
        return Log(changelog, entry, entry.Value, entry.IsPresent);
    }

    private bool Log(IChangelogWriter changelog, OrderedEntry entry, ReadOnlySpan<byte> value, bool isPresent)
    {
        _buffer.Clear();
        var record = format.ToChangelog(entry.Key, value, isPresent, entry.Timestamp, _buffer);
        return !record.HasKey || changelog.Append(this, in record);
    }

    // The entry is what it was at the last commit: what the engine has, or what was kept.
    private void TakeBack(OrderedEntry entry)
    {
        if (entry.IsForgotten)
            return;
        if (entry.Committed is { } committed)
        {
            SetValue(entry, committed, isPresent: true);
            entry.Committed = null;
            return;
        }

        _bytes -= CacheSize.PerEntry + entry.Size;
        _tombstoneCount -= entry.IsPresent ? 0 : 1;
        _entries.Remove(entry.Key);
        LetGo(entry.Key);
    }
}
