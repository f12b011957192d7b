using System.Runtime.InteropServices;

namespace CrashStreams.Stores;

/// <summary>
/// The entries of one flush over an engine: serialized once, side by side in one buffer that is reused, and handed out in the order of their keys.
/// An entry's value may have a prefix that only the engine keeps:
/// <code>
/// changelog key · [engine's prefix · changelog value]
/// </code>
/// </summary>
internal sealed class ChangedEntries
{
    private readonly List<Entry> _entries = [];
    private readonly ByteBuffer _bytes = new();
    private int _start;
    private int _keyLength;

    /// <summary>Where the entry in progress is serialized to.</summary>
    public ByteBuffer Bytes => _bytes;

    public ReadOnlySpan<Entry> InOrder => CollectionsMarshal.AsSpan(_entries);

    public ReadOnlySpan<byte> Key(in Entry entry) => _bytes.Written.Slice(entry.Start, entry.KeyLength);

    public ReadOnlySpan<byte> Value(in Entry entry) => _bytes.Written.Slice(entry.Start + entry.KeyLength, entry.ValueLength);

    public void BeginKey() => _start = _bytes.Length;

    public void BeginValue() => _keyLength = _bytes.Length - _start;

    /// <summary>The entry in progress is none.</summary>
    public void Abandon() => _bytes.Truncate(_start);

    /// <summary>The entry is complete. Answers its size.</summary>
    public int End(bool isPresent, long timestamp)
    {
        var valueLength = _bytes.Length - _start - _keyLength;
        _entries.Add(new(_start, _keyLength, valueLength, isPresent, timestamp));
        return _keyLength + valueLength;
    }

    /// <param name="suffixLength">The end of each key that is the same in all of them and does not count.</param>
    public void Sort(int suffixLength = 0) => CollectionsMarshal.AsSpan(_entries).Sort((a, b) =>
        Key(in a)[..^suffixLength].SequenceCompareTo(Key(in b)[..^suffixLength]));

    public void Clear()
    {
        _entries.Clear();
        _bytes.Clear();
    }

    public readonly record struct Entry(int Start, int KeyLength, int ValueLength, bool IsPresent, long Timestamp);
}
