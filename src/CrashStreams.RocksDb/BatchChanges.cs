namespace CrashStreams.RocksDb;

/// <summary>Walks the puts and deletes of a batch's bytes; their layout is drawn over <see cref="StoreBatch"/>.</summary>
internal ref struct BatchChanges(ReadOnlySpan<byte> changes)
{
    private readonly ReadOnlySpan<byte> _changes = changes;
    private int _next;

    public Change Current { get; private set; }

    public bool MoveNext()
    {
        if (_next >= _changes.Length)
            return false;
        var start = _next++;
        var keyLength = ReadLength();
        var keyStart = _next;
        _next += keyLength;
        if (_changes[start] != StoreBatch.Deletion)
        {
            var valueLength = ReadLength();
            _next += valueLength;
        }

        Current = new(start, _next - start, keyStart, keyLength);
        return true;
    }

    private int ReadLength()
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = _changes[_next++];
            value |= (part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }

    /// <summary>Where a change and its key are in the batch's bytes.</summary>
    public readonly record struct Change(int Start, int Length, int KeyStart, int KeyLength)
    {
        public ReadOnlySpan<byte> Key(ReadOnlySpan<byte> changes) => changes.Slice(KeyStart, KeyLength);
    }
}
