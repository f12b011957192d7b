namespace CrashStreams.Stores;

/// <summary>
/// Goes over a range of a store: the engine's entries, and over them those in memory. The store may be changed meanwhile.
/// Dispose it soon: it holds old versions of the engine's data.
/// </summary>
internal sealed class OrderedCursor(IOrderedSource store) : IDisposable
{
    private readonly ByteBuffer _from = new(64);
    private readonly ByteBuffer _to = new(64);
    private bool _reversed;
    private bool _isEnded;
    private OrderedEntries.Position _at;
    private OrderedEntries _entries = null!;
    private int _version;
    private int _epoch;
    private IStateIterator? _scan;
    private bool _hasScanned;
    private bool _isScanConsumed;

    // The current entry; null while the cursor stands on an entry of the engine, or on none.
    private OrderedEntry? _entry;
    private bool _isOnEntry;

    public ReadOnlySpan<byte> Key => _entry is { } entry ? entry.Key : _scan!.Key;

    public ReadOnlySpan<byte> Value => _entry is { } entry ? entry.Value : _scan!.Value;

    /// <summary>Whether the entry is not in memory.</summary>
    public bool IsInEngine => _entry is null;

    public bool MoveNext()
    {
        if (_isEnded)
            return false;
        if (_version != _entries.Version || _epoch != store.Epoch || _entries != store.Entries)
            KeepPlace();
        while (!_isEnded)
        {
            if (_isScanConsumed)
                NextScanned();
            var next = _at;
            var hasEntry = TryPeek(ref next, out var entry);
            if (!hasEntry && !_hasScanned)
            {
                Close();
                break;
            }

            var order = !hasEntry ? 1 : !_hasScanned ? -1 : entry.Key.AsSpan().SequenceCompareTo(_scan!.Key) * (_reversed ? -1 : 1);
            _isScanConsumed = order >= 0;
            _isOnEntry = true;
            _entry = null;
            if (order > 0)
                return true;
            _at = next;
            _entry = entry;
            if (entry.IsPresent)
                return true;
        }

        return false;
    }

    public void Dispose()
    {
        Close();
        store.Return(this);
    }

    internal void Open(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reversed)
    {
        _from.Clear();
        _from.Write(from);
        _to.Clear();
        _to.Write(to);
        _reversed = reversed;
        _entry = null;
        _isOnEntry = false;
        _isEnded = !to.IsEmpty && from.SequenceCompareTo(to) >= 0;
        if (_isEnded)
            return;
        Find();
        OpenScan();
    }

    private void KeepPlace()
    {
        if (_isOnEntry)
            Narrow();
        if (_isEnded)
        {
            Close();
            return;
        }

        if (_epoch != store.Epoch)
        {
            _scan?.Dispose();
            OpenScan();
        }

        Find();
    }

    // What lies behind the current entry is all that is left.
    private void Narrow()
    {
        var last = Key;
        if (_reversed)
        {
            _isEnded = last.IsEmpty;
            _to.Clear();
            _to.Write(last);
            return;
        }

        _from.Clear();
        _from.Write(last);
        _from.WriteByte(0);
    }

    private void Find()
    {
        _entries = store.Entries;
        _version = _entries.Version;
        _at = !_reversed ? _entries.LowerBound(_from.Written) : _to.Length > 0 ? _entries.LowerBound(_to.Written) : _entries.End;
    }

    private void OpenScan()
    {
        _epoch = store.Epoch;
        _scan = store.ScanEngine(_from.Written, _to.Written, _reversed);
        _hasScanned = false;
        _isScanConsumed = _scan is not null;
    }

    private void NextScanned()
    {
        _isScanConsumed = false;
        do
            _hasScanned = _scan!.MoveNext();
        while (_hasScanned && store.IsForgotten(_scan.Key));
    }

    private bool TryPeek(ref OrderedEntries.Position at, out OrderedEntry entry)
    {
        if (_reversed)
            return _entries.TryGetBefore(ref at, out entry) && entry.Key.AsSpan().SequenceCompareTo(_from.Written) >= 0;
        if (!_entries.TryGet(ref at, out entry) || (_to.Length > 0 && entry.Key.AsSpan().SequenceCompareTo(_to.Written) >= 0))
            return false;
        at = new(at.Leaf, at.Index + 1);
        return true;
    }

    private void Close()
    {
        _isEnded = true;
        _isOnEntry = false;
        _hasScanned = false;
        _entry = null;
        _scan?.Dispose();
        _scan = null;
    }
}
