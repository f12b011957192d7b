namespace CrashStreams.Broker.Log;

/// <summary>The last offset of each key, for compaction. Keys are kept whole: a hash alone could make one key delete another's record.</summary>
internal sealed class KeyOffsetMap(int maxBytes)
{
    private const int BytesPerEntry = 24;

    private byte[] _keys = new byte[4096];
    private int _keyBytes;
    private Entry[] _entries = new Entry[64];
    private int _count;
    private int[] _slots = new int[128];

    /// <summary>Notes that a key has a record at an offset, later than all before. False when the memory is used up.</summary>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        var hash = Hash(key);
        ref var slot = ref _slots[Find(key, hash)];
        if (slot != 0)
        {
            _entries[slot - 1].Offset = offset;
            return true;
        }
        if (_count > 0 && (long)_keyBytes + key.Length + (_count + 1L) * BytesPerEntry > maxBytes)
            return false;
        Add(key, hash, offset, ref slot);
        return true;
    }

    /// <summary>Whether no later record of the key than that at the offset is known.</summary>
    public bool IsLatest(ReadOnlySpan<byte> key, long offset)
    {
        var slot = _slots[Find(key, Hash(key))];
        return slot == 0 || offset >= _entries[slot - 1].Offset;
    }

    private void Add(ReadOnlySpan<byte> key, int hash, long offset, ref int slot)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, 2 * _count);
        if (_keyBytes + key.Length > _keys.Length)
            Array.Resize(ref _keys, Math.Max(2 * _keys.Length, _keyBytes + key.Length));
        key.CopyTo(_keys.AsSpan(_keyBytes));
        _entries[_count] = new Entry { Hash = hash, Start = _keyBytes, Length = key.Length, Offset = offset };
        _keyBytes += key.Length;
        slot = ++_count;
        if (2 * _count > _slots.Length)
            GrowSlots();
    }

    private void GrowSlots()
    {
        _slots = new int[2 * _slots.Length];
        for (var i = 0; i < _count; i++)
        {
            var at = _entries[i].Hash & (_slots.Length - 1);
            while (_slots[at] != 0)
                at = (at + 1) & (_slots.Length - 1);
            _slots[at] = i + 1;
        }
    }

    private int Find(ReadOnlySpan<byte> key, int hash)
    {
        for (var at = hash & (_slots.Length - 1); ; at = (at + 1) & (_slots.Length - 1))
        {
            if (_slots[at] == 0)
                return at;
            ref var entry = ref _entries[_slots[at] - 1];
            if (entry.Hash == hash && _keys.AsSpan(entry.Start, entry.Length).SequenceEqual(key))
                return at;
        }
    }

    // Seeded per process, so that nobody can choose keys that collide.
    private static int Hash(ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.AddBytes(key);
        return hash.ToHashCode();
    }

    private struct Entry
    {
        public int Hash;
        public int Start;
        public int Length;
        public long Offset;
    }
}
