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
    private readonly OrderedEntries _entries = new();
    private readonly ForgottenEntries _forgottenUnlogged = new();

    // Kafka Streams logs both changes of a session that is extended within its bounds.
    private readonly bool _logsReplacements = context.Clock.Mode == StreamTime.Observed;
    private Action<OrderedLeaf>? _flush;
    private IChangelogWriter _changelog = null!;
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
        value = default;
        if (!_entries.TryFind(key, out var at) && (_engine is null || !TryLoad(key, out at)))
            return false;
        ref var entry = ref at.Leaf![at.Index];
        if (!entry.IsPresent)
            return false;
        entry.State |= EntryState.Used;
        value = at.Leaf.Value(at.Index);
        return true;
    }

    /// <param name="key">The key; copied.</param>
    /// <param name="value">The value; copied.</param>
    /// <param name="timestamp">The event time that the changelog gets with the entry, milliseconds.</param>
    /// <param name="isNew">The caller knows that the store has no such key: removing it before the next commit then leaves nothing to write.</param>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestamp, bool isNew = false)
    {
        var at = Change(_entries.GetOrAdd(key, value.Length, out var existed), existed, timestamp, isNew);
        SetValue(at, value, EntryState.Present);
    }

    /// <summary>Removes an entry that no commit has written yet; false when one may have.</summary>
    public bool TryRemoveUnwritten(ReadOnlySpan<byte> key)
    {
        if (!_entries.TryFind(key, out var at) || !IsUnwritten(at))
            return false;
        RemoveUnwritten(at);
        return true;
    }

    /// <summary>Removes an entry. The removal of a key that is not there is logged as well, as in Kafka Streams.</summary>
    public void Delete(ReadOnlySpan<byte> key, long timestamp)
    {
        var at = _entries.GetOrAdd(key, 0, out var existed);
        if (existed && IsUnwritten(at))
        {
            RemoveUnwritten(at);
            return;
        }

        SetValue(Change(at, existed, timestamp, isNew: false), default, EntryState.None);
    }

    /// <summary>Removes an entry that has expired: its removal is not logged, but its last change is, if that has not been.</summary>
    /// <remarks>The format must not log removals.</remarks>
    public void Erase(ReadOnlySpan<byte> key)
    {
        if (_entries.TryFind(key, out var at) && at.Leaf![at.Index].Is(EntryState.Dirty | EntryState.Present))
        {
            var isNew = at.Leaf[at.Index].Is(EntryState.New);
            _bytes -= SizeOf(in at.Leaf[at.Index]);
            _forgottenUnlogged.Add(at.Leaf, at.Index);
            _entries.Remove(at);
            if (isNew)
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
        _entries.RemoveRange(from, to, (leaf, index) =>
        {
            ref readonly var entry = ref leaf[index];
            _bytes -= SizeOf(in entry);
            _tombstoneCount -= entry.IsPresent ? 0 : 1;
            if (!entry.IsDirty)
                return;
            if (logsChanges)
                _forgottenUnlogged.Add(leaf, index);
            else
                _dirtyCount--;
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
        _changelog = changelog;
        DropWritten();
        FlushForgotten();
        _forgottenUnlogged.Sort();
        _entries.Walk(LeafMarks.Dirty, _flush ??= Flush);
        while (_forgottenUnlogged.TryTake(out var forgotten))
            Log(in forgotten);
        _forgottenUnlogged.Clear();
        _dirtyCount = 0;
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

        var at = _entries.GetOrAdd(key, value.Length, out _);
        _entries.SetValue(at, value);
        at.Leaf![at.Index].State |= EntryState.Present;
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
        _entries.RemoveRange(from, to, static (_, _) => { });
        _engine?.DeleteRange(from, to);
        return _engine is not null;
    }

    private static int SizeOf(in OrderedSlot entry) => CacheSize.PerEntry + entry.Size;

    private static bool IsUnwritten(OrderedEntries.Position at) => at.Leaf![at.Index].Is(EntryState.New | EntryState.Present);

    private void RemoveUnwritten(OrderedEntries.Position at)
    {
        ref readonly var entry = ref at.Leaf![at.Index];
        _bytes -= SizeOf(in entry);
        _dirtyCount -= entry.IsDirty ? 1 : 0;
        _entries.Remove(at);
    }

    private OrderedEntries.Position Change(OrderedEntries.Position at, bool existed, long timestamp, bool isNew)
    {
        var leaf = at.Leaf!;
        ref var entry = ref leaf[at.Index];
        if (!existed)
        {
            entry.State = isNew || _engine is null ? EntryState.New : EntryState.None;
            // Until its caller says what it is.
            _tombstoneCount++;
            _bytes += SizeOf(in entry);
        }

        entry.Timestamp = timestamp;
        entry.State |= EntryState.Used;
        if (entry.IsDirty)
            return at;
        // An engine has it.
        if (_engine is null && existed && entry.IsPresent)
        {
            _bytes -= entry.ValueLength;
            leaf.KeepCommitted(at.Index);
        }

        entry.State |= EntryState.Dirty;
        leaf.Mark(LeafMarks.Dirty);
        _dirtyCount++;
        return at;
    }

    private void SetValue(OrderedEntries.Position at, ReadOnlySpan<byte> value, EntryState present)
    {
        ref var entry = ref at.Leaf![at.Index];
        _bytes += value.Length - entry.ValueLength;
        _entries.SetValue(at, value);
        var before = entry.State & EntryState.Present;
        _tombstoneCount += (int)before - (int)present;
        if (present > before && !entry.Is(EntryState.New))
            entry.State |= EntryState.Replaced;
        entry.State = (entry.State & ~EntryState.Present) | present;
    }

    private void Flush(OrderedLeaf leaf)
    {
        for (var i = 0; i < leaf.Count; i++)
        {
            ref var entry = ref leaf[i];
            if (!entry.IsDirty)
                continue;
            var key = leaf.Key(i);
            while (_forgottenUnlogged.TryTakeThrough(key, out var forgotten))
                Log(in forgotten);
            var isReplaced = entry.Is(EntryState.Replaced);
            entry.State &= ~(EntryState.Dirty | EntryState.Replaced);
            if (!Log(key, leaf.Value(i), entry.IsPresent, isReplaced, entry.Timestamp))
            {
                TakeBack(leaf, i);
                continue;
            }

            entry.State &= ~EntryState.New;
            if (entry.Is(EntryState.HasCommitted))
                leaf.ForgetCommitted(i);
            FlushToEngine(leaf, i);
        }
    }

    private void Log(in ForgottenEntries.Entry entry) => Log(entry.Key, entry.Value, entry.IsPresent, entry.IsReplaced, entry.Timestamp);

    private bool Log(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, bool isReplaced, long timestamp)
    {
        if (ChangelogTopic is null)
            return true;
        if (isReplaced && isPresent && _logsReplacements && !Log(key, default, isPresent: false, timestamp))
            return false;
        return Log(key, value, isPresent, timestamp);
    }

    private bool Log(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp)
    {
        _buffer.Clear();
        var record = format.ToChangelog(key, value, isPresent, timestamp, _buffer);
        return !record.HasKey || _changelog.Append(this, in record);
    }

    // The entry is what it was at the last commit: what the engine has, or what was kept.
    private void TakeBack(OrderedLeaf leaf, int index)
    {
        ref var entry = ref leaf[index];
        if (entry.Is(EntryState.HasCommitted))
        {
            _tombstoneCount -= entry.IsPresent ? 0 : 1;
            _bytes -= entry.Size;
            leaf.TakeCommitted(index);
            _bytes += entry.Size;
            entry.State |= EntryState.Present;
            return;
        }

        LetGo(leaf.Key(index));
        Leave(ref entry);
    }

    // It is taken out when the walk has passed its leaf.
    private void Leave(ref OrderedSlot entry)
    {
        _bytes -= SizeOf(in entry);
        _tombstoneCount -= entry.IsPresent ? 0 : 1;
        entry.State |= EntryState.Leaving;
    }
}
