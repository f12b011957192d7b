namespace CrashStreams.Stores;

/// <summary>The cache over an engine.</summary>
internal sealed partial class OrderedStore
{
    private readonly ByteBuffer _buffer = new();

    // Removed in the last flush: over an engine they hide what it has until its batch is written.
    private readonly List<OrderedEntry> _flushedTombstones = [];
    private readonly List<(byte[] From, byte[] To)> _forgotten = [];
    private int _flushedForgotten;
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
        _lastEvicted = null;
        // Twice: whoever was used since the last time gets another chance.
        for (var pass = 0; pass < 2 && CachedBytes > bytes; pass++)
            _entries.RemoveWhere(IsEvicted, () => CachedBytes <= bytes);
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

    private bool IsEvicted(OrderedEntry entry)
    {
        if (entry.IsDirty)
            return false;
        if (entry.IsUsed)
        {
            entry.IsUsed = false;
            return false;
        }

        _bytes -= CacheSize.PerEntry + entry.Size;
        if (_lastEvicted is null || entry.Key.AsSpan().SequenceCompareTo(_lastEvicted) > 0)
            _lastEvicted = entry.Key;
        return true;
    }

    // From here up to this key the engine may have what memory has not.
    private void LetGo(byte[] key)
    {
        if (IsComplete(key))
            _completeFrom = [.. key, 0];
        Epoch++;
    }

    private bool IsComplete(ReadOnlySpan<byte> from) => _completeFrom is { } complete && from.SequenceCompareTo(complete) >= 0;

    private OrderedEntry? Load(ReadOnlySpan<byte> key)
    {
        if (IsComplete(key) || IsForgotten(key) || !_engine!.TryGet(key, _buffer))
            return null;
        var entry = _entries.GetOrAdd(key, out _);
        entry.SetValue(_buffer.Written);
        entry.IsPresent = true;
        _bytes += CacheSize.PerEntry + entry.Size;
        return entry;
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

    private void FlushToEngine(OrderedEntry entry)
    {
        if (!entry.IsPresent)
            _flushedTombstones.Add(entry);
        if (_engine is null)
            return;
        if (entry.IsPresent)
            _engine.Put(entry.Key, entry.Value);
        else
            _engine.Delete(entry.Key);
    }

    private void RemoveTombstones(List<OrderedEntry> tombstones)
    {
        if (tombstones.Count > _entries.Count / ManyOf)
        {
            _entries.RemoveWhere(IsCleanTombstone, static () => false);
        }
        else
        {
            foreach (var entry in tombstones)
            {
                if (!entry.IsForgotten && _entries.Find(entry.Key) == entry && IsCleanTombstone(entry))
                    _entries.Remove(entry.Key);
            }
        }

        tombstones.Clear();
    }

    private bool IsCleanTombstone(OrderedEntry entry)
    {
        if (entry.IsPresent || entry.IsDirty)
            return false;
        _bytes -= CacheSize.PerEntry + entry.Size;
        _tombstoneCount--;
        return true;
    }

    // What hides the engine's old content is of no use when that content is written over.
    private void DropWritten()
    {
        if (_engine is null || _engine.HasChanges || (_flushedTombstones.Count == 0 && _flushedForgotten == 0))
            return;
        RemoveTombstones(_flushedTombstones);
        _forgotten.RemoveRange(0, _flushedForgotten);
        _flushedForgotten = 0;
        Epoch++;
    }
}
