using System.Buffers.Binary;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb;

/// <summary>
/// Changes in the bytes that RocksDB's own WriteBatch holds and logs (db/write_batch.cc), built here so that a change costs a copy and no native call:
/// <code>
/// sequence: 8 bytes, 0 | count: 4 bytes | { kind: 1 | key: varint length, bytes | put: value, delete range: end key, as varint length, bytes }*
/// </code>
/// Numbers are little-endian.
/// </summary>
internal sealed class StoreBatch : IStateBatch
{
    public const byte Deletion = 0x0;
    public const int Header = 12;
    private const int KeptBytes = 4 << 20;
    private const byte Value = 0x1, RangeDeletion = 0xf;

    private byte[] _bytes = new byte[4096];
    private int _length = Header;

    public int Count { get; private set; }

    public long Bytes => _length - Header;

    /// <summary>Whether it removes a range of keys.</summary>
    public bool HasRanges { get; private set; }

    /// <summary>The changes without the header.</summary>
    public ReadOnlySpan<byte> Changes => _bytes.AsSpan(Header, _length - Header);

    /// <summary>The batch as RocksDB reads it.</summary>
    public ReadOnlySpan<byte> Representation
    {
        get
        {
            SetCount(_bytes, Count);
            return _bytes.AsSpan(0, _length);
        }
    }

    /// <summary>Writes the number of changes into a batch's header.</summary>
    public static void SetCount(Span<byte> header, int count) => BinaryPrimitives.WriteInt32LittleEndian(header[8..], count);

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Append(Value, key, value);

    public void Delete(ReadOnlySpan<byte> key)
    {
        Reserve(key.Length, 0);
        _bytes[_length++] = Deletion;
        AppendSlice(key);
        Count++;
    }

    // RocksDB refuses a batch with an end before its start.
    public void DeleteRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (from.SequenceCompareTo(to) >= 0)
            return;
        Append(RangeDeletion, from, to);
        HasRanges = true;
    }

    public void Clear()
    {
        _length = Header;
        Count = 0;
        HasRanges = false;
        if (_bytes.Length > KeptBytes)
            _bytes = new byte[4096];
    }

    public void Dispose() => Clear();

    private void Append(byte kind, ReadOnlySpan<byte> key, ReadOnlySpan<byte> second)
    {
        Reserve(key.Length, second.Length);
        _bytes[_length++] = kind;
        AppendSlice(key);
        AppendSlice(second);
        Count++;
    }

    private void AppendSlice(ReadOnlySpan<byte> slice)
    {
        var length = (uint)slice.Length;
        for (; length >= 0x80; length >>= 7)
            _bytes[_length++] = (byte)(length | 0x80);
        _bytes[_length++] = (byte)length;
        slice.CopyTo(_bytes.AsSpan(_length));
        _length += slice.Length;
    }

    private void Reserve(int key, int second)
    {
        const int KindAndLengths = 11;
        var needed = (long)_length + KindAndLengths + key + second;
        if (needed > _bytes.Length)
            Grow(needed);
    }

    private void Grow(long needed)
    {
        if (needed > Array.MaxLength)
            throw new CrashStreamsException($"A batch of state can't hold more than {Array.MaxLength} bytes. Commit more often.");
        Array.Resize(ref _bytes, (int)Math.Min(Math.Max(needed, 2L * _bytes.Length), Array.MaxLength));
    }
}
