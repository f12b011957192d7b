namespace CrashStreams.Stores;

/// <summary>
/// Goes over a range of a store: the engine's entries, and over them those in memory. The store may be changed meanwhile.
/// Dispose it soon: it holds old versions of the engine's data.
/// </summary>
internal sealed class OrderedCursor(IOrderedSource store) : IDisposable
{
    private readonly ByteBuffer _from = new(64);
    private readonly ByteBuffer _to = new(64);

    // The current entry of those in memory, key and value: the store may be changed before the next step.
    private readonly ByteBuffer _current = new(128);
    private int _keyLength;
    private bool _isInEngine;
    private bool _isOnEntry;
    private bool _reversed;
    private bool _isEnded;
    private OrderedEntries.Position _at;
    private OrderedEntries _entries = null!;
    private int _version;
    private int _epoch;
    private IStateIterator? _scan;
    private bool _hasScanned;
    private bool _isScanConsumed;

    public ReadOnlySpan<byte> Key => _isInEngine ? _scan!.Key : _current.Written[.._keyLength];

    public ReadOnlySpan<byte> Value => _isInEngine ? _scan!.Value : _current.Written[_keyLength..];

    /// <summary>Whether the entry is not in memory.</summary>
    public bool IsInEngine => _isInEngine;

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
            var hasEntry = TryPeek(ref next);
            if (!hasEntry && !_hasScanned)
            {
                Close();
                break;
            }

            var order = !hasEntry ? 1 : !_hasScanned ? -1 : next.Leaf!.Key(next.Index).SequenceCompareTo(_scan!.Key) * (_reversed ? -1 : 1);
            _isScanConsumed = order >= 0;
            _isInEngine = order > 0;
            _isOnEntry = true;
            if (_isInEngine)
                return true;
            _at = _reversed ? next : new(next.Leaf, next.Index + 1);
            if (Read(next))
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
        (_reversed, _isInEngine, _isOnEntry) = (reversed, false, false);
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

    private bool TryPeek(ref OrderedEntries.Position at) => _reversed
        ? OrderedEntries.TryGetBefore(ref at) && at.Leaf!.Key(at.Index).SequenceCompareTo(_from.Written) >= 0
        : OrderedEntries.TryGet(ref at) && (_to.Length == 0 || at.Leaf!.Key(at.Index).SequenceCompareTo(_to.Written) < 0);

    // False for an entry that is only remembered as removed: of that the key is all that counts.
    private bool Read(OrderedEntries.Position at)
    {
        var leaf = at.Leaf!;
        var key = leaf.Key(at.Index);
        _current.Clear();
        _current.Write(key);
        _keyLength = key.Length;
        if (!leaf[at.Index].IsPresent)
            return false;
        _current.Write(leaf.Value(at.Index));
        return true;
    }

    private void Close()
    {
        _isEnded = true;
        _isOnEntry = false;
        _hasScanned = false;
        _scan?.Dispose();
        _scan = null;
    }
}
