namespace CrashStreams.Stores;

/// <summary>The cache over an engine.</summary>
internal sealed partial class OrderedStore
{
    private readonly ByteBuffer _buffer = new();

    private readonly List<(byte[] From, byte[] To)> _forgotten = [];
    private int _flushedForgotten;

    // Removals were flushed: over an engine they hide what it has until its batch is written.
    private bool _hasFlushedTombstones;
    private Action<OrderedLeaf>? _dropTombstones;
    private Action<OrderedLeaf>? _evict;
    private long _evictsTo;
    private StoreEngine? _engine;

    // The engine has nothing at or above this key that is not in memory as well; null: not known.
    private byte[]? _completeFrom;
    private byte[]? _lastEvicted;

    public StoreEngine? Engine => _engine;

    public long CachedBytes => _bytes;

    public long DirtyBytes => _engine is null || _entries.Count == 0 ? 0 : _bytes / _entries.Count * _dirtyCount;

    /// <summary>What cursors walk through, besides the engine.</summary>
    public OrderedEntries Entries => _entries;

    /// <summary>Changes when memory may have let go what an open scan of the engine does not show.</summary>
    public int Epoch { get; private set; }

    public void Attach(StoreEngine engine) => _engine = engine;

    /// <summary>From now on all that comes above the engine's last key is in memory until it is evicted: stores that lie in the order of time need no engine for new entries.</summary>
    public void Restored()
    {
        if (_engine is null)
            return;
        using var last = _engine.Scan(default, default, reversed: true);
        _completeFrom = last.MoveNext() ? [.. last.Key, 0] : [];
    }

    public void Evict(long bytes)
    {
        if (_engine is null || _engine.HasChanges)
            return;
        DropWritten();
        (_lastEvicted, _evictsTo) = (null, bytes);
        // Twice: whoever was used since the last time gets another chance.
        for (var pass = 0; pass < 2 && !IsEvicted(); pass++)
            _entries.Walk(LeafMarks.None, _evict ??= Evict, IsEvicted);
        if (_lastEvicted is { } evicted)
            LetGo(evicted);
    }

    public IStateIterator? ScanEngine(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed) =>
        _engine is null || IsComplete(from) ? null : _engine.Scan(from, to, reversed);

    /// <summary>Whether the engine's entry of a key has expired already.</summary>
    public bool IsForgotten(ReadOnlySpan<byte> key)
    {
        foreach (var (from, to) in _forgotten)
        {
            if (key.SequenceCompareTo(from) >= 0 && key.SequenceCompareTo(to) < 0)
                return true;
        }

        return false;
    }

    public void Return(OrderedCursor cursor) => _spareCursor ??= cursor;

    private bool IsEvicted() => CachedBytes <= _evictsTo;

    private void Evict(OrderedLeaf leaf)
    {
        var last = -1;
        for (var i = 0; i < leaf.Count && !IsEvicted(); i++)
        {
            ref var entry = ref leaf[i];
            if (entry.IsDirty)
                continue;
            if (entry.Is(EntryState.Used))
            {
                entry.State &= ~EntryState.Used;
                continue;
            }

            Leave(ref entry);
            last = i;
        }

        if (last >= 0 && (_lastEvicted is null || leaf.Key(last).SequenceCompareTo(_lastEvicted) > 0))
            _lastEvicted = leaf.Key(last).ToArray();
    }

    // From here up to this key the engine may have what memory has not.
    private void LetGo(ReadOnlySpan<byte> key)
    {
        if (IsComplete(key))
            _completeFrom = [.. key, 0];
        Epoch++;
    }

    private bool IsComplete(ReadOnlySpan<byte> from) => _completeFrom is { } complete && from.SequenceCompareTo(complete) >= 0;

    private bool TryLoad(ReadOnlySpan<byte> key, out OrderedEntries.Position at)
    {
        at = default;
        if (IsComplete(key) || IsForgotten(key) || !_engine!.TryGet(key, _buffer))
            return false;
        at = _entries.GetOrAdd(key, _buffer.Length, out _);
        _entries.SetValue(at, _buffer.Written);
        ref var entry = ref at.Leaf![at.Index];
        entry.State = EntryState.Present;
        _bytes += SizeOf(in entry);
        return true;
    }

    private void ForgetInEngine(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (_engine is null)
            return;
        Epoch++;
        // Expiry goes on from the same beginning.
        if (_forgotten.Count > _flushedForgotten && from.SequenceEqual(_forgotten[^1].From))
        {
            if (to.SequenceCompareTo(_forgotten[^1].To) > 0)
                _forgotten[^1] = (_forgotten[^1].From, to.ToArray());
            return;
        }

        _forgotten.Add((from.ToArray(), to.ToArray()));
    }

    private void FlushForgotten()
    {
        // First: a key may have been set again since.
        for (; _flushedForgotten < _forgotten.Count; _flushedForgotten++)
            _engine!.DeleteRange(_forgotten[_flushedForgotten].From, _forgotten[_flushedForgotten].To);
    }

    private void FlushToEngine(OrderedLeaf leaf, int index)
    {
        ref var entry = ref leaf[index];
        if (_engine is null)
        {
            if (!entry.IsPresent)
                Leave(ref entry);
        }
        else if (entry.IsPresent)
        {
            _engine.Put(leaf.Key(index), leaf.Value(index));
        }
        else
        {
            _engine.Delete(leaf.Key(index));
            leaf.Mark(LeafMarks.Tombstones);
            _hasFlushedTombstones = true;
        }
    }

    // What hides the engine's old content is of no use when that content is written over.
    private void DropWritten()
    {
        if (_engine is null || _engine.HasChanges || (!_hasFlushedTombstones && _flushedForgotten == 0))
            return;
        if (_hasFlushedTombstones)
            _entries.Walk(LeafMarks.Tombstones, _dropTombstones ??= DropTombstones);
        _hasFlushedTombstones = false;
        _forgotten.RemoveRange(0, _flushedForgotten);
        _flushedForgotten = 0;
        Epoch++;
    }

    private void DropTombstones(OrderedLeaf leaf)
    {
        for (var i = 0; i < leaf.Count; i++)
        {
            ref var entry = ref leaf[i];
            if (!entry.IsPresent && !entry.IsDirty)
                Leave(ref entry);
        }
    }
}
