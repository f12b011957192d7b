using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// The sides of joins that lie in one window of event time, by id: an hour of logins has to be kept, so they are kept as bytes.
/// <code>
/// entry  the entry of this id before it + 1 (4) · side, has met (1) · time since the bucket's start (4) · watermark (8) · length of id (4) · length of group (4) · id · group
/// </code>
/// An entry is where it is in a page; pages are of 64 KB, or as long as their one entry.
/// </summary>
internal sealed class TouchBucket(long startMs)
{
    private const int PageBits = 16;
    private const int PageSize = 1 << PageBits;
    private const int Header = 25;
    private const byte RightFlag = 1;
    private const byte MetFlag = 2;
    private const int FirstPage = 4096;
    private const int FirstSlots = 64;

    private readonly List<byte[]> _pages = [];
    private int[] _slots = new int[FirstSlots];
    private int _ids;
    private int _used;

    public long StartMs => startMs;

    /// <summary>The page that is written, and how far.</summary>
    public (int Page, int At) End => (_pages.Count - 1, _used);

    /// <summary>How far it is stored.</summary>
    public (int Page, int At) Saved { get; set; }

    /// <summary>In how many parts it is stored.</summary>
    public int Parts { get; set; }

    public int Add(in Touch touch, bool hasMet)
    {
        var entry = Append(Header + touch.Id.Length + touch.Group.Length, out var bytes);
        bytes[4] = (byte)((touch.IsRight ? RightFlag : 0) | (hasMet ? MetFlag : 0));
        BinaryPrimitives.WriteInt32LittleEndian(bytes[5..], (int)(touch.TimeMs - startMs));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[9..], touch.Watermark);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[17..], touch.Id.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[21..], touch.Group.Length);
        touch.Id.CopyTo(bytes[Header..]);
        touch.Group.CopyTo(bytes[(Header + touch.Id.Length)..]);
        Link(entry, bytes, touch.Id);
        return entry;
    }

    /// <summary>The last entry of an id; -1 when there is none.</summary>
    public int Find(ReadOnlySpan<byte> id)
    {
        ref var slot = ref SlotOf(_slots, id);
        return slot - 1;
    }

    /// <summary>The entry of the same id before another; -1 behind the first.</summary>
    public int Before(int entry) => BinaryPrimitives.ReadInt32LittleEndian(At(entry)) - 1;

    public Touch this[int entry]
    {
        get
        {
            var bytes = At(entry);
            var (id, group) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[17..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[21..]));
            return new(
                (bytes[4] & RightFlag) != 0, bytes.Slice(Header, id), bytes.Slice(Header + id, group), startMs + BinaryPrimitives.ReadInt32LittleEndian(bytes[5..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[9..]));
        }
    }

    public bool HasMet(int entry) => (At(entry)[4] & MetFlag) != 0;

    public void SetMet(int entry) => At(entry)[4] |= MetFlag;

    /// <summary>All entries.</summary>
    public IEnumerable<int> Entries()
    {
        for (var page = 0; page < _pages.Count; page++)
        {
            var end = page < _pages.Count - 1 ? UsedOf(page) : _used;
            for (var at = 0; at < end; at += LengthAt(_pages[page].AsSpan(at)))
                yield return (page << PageBits) | at;
        }
    }

    /// <summary>The entries that are not stored yet, in parts of about a length.</summary>
    public IEnumerable<byte[]> Unsaved(int length)
    {
        var (page, from) = Saved;
        for (; page < _pages.Count; (page, from) = (page + 1, 0))
        {
            var end = page < _pages.Count - 1 ? UsedOf(page) : _used;
            for (var to = from; from < end; from = to)
            {
                while (to < end && to - from < length)
                    to += LengthAt(_pages[page].AsSpan(to));
                yield return _pages[page][from..to];
            }
        }
    }

    /// <summary>Takes back what <see cref="Unsaved"/> has given.</summary>
    public void Restore(ReadOnlySpan<byte> part)
    {
        while (!part.IsEmpty)
        {
            var length = LengthAt(part);
            var entry = Append(length, out var bytes);
            part[..length].CopyTo(bytes);
            bytes[4] = (byte)(bytes[4] & ~MetFlag);
            Link(entry, bytes, bytes.Slice(Header, BinaryPrimitives.ReadInt32LittleEndian(bytes[17..])));
            part = part[length..];
        }
    }

    private static int LengthAt(ReadOnlySpan<byte> entry) => Header + BinaryPrimitives.ReadInt32LittleEndian(entry[17..]) + BinaryPrimitives.ReadInt32LittleEndian(entry[21..]);

    private readonly List<int> _usedOfFull = [];

    private int UsedOf(int page) => _usedOfFull[page];

    private Span<byte> At(int entry) => _pages[entry >> PageBits].AsSpan(entry & (PageSize - 1));

    private int Append(int length, out Span<byte> bytes)
    {
        if (_pages.Count == 0)
            _pages.Add(new byte[Math.Max(FirstPage, length)]);
        else if (_used + length > PageSize)
        {
            _usedOfFull.Add(_used);
            _pages.Add(new byte[Math.Max(PageSize, length)]);
            _used = 0;
        }
        else if (_used + length > _pages[^1].Length)
        {
            var longer = new byte[Math.Min(PageSize, Math.Max(2 * _pages[^1].Length, _used + length))];
            _pages[^1].CopyTo(longer, 0);
            _pages[^1] = longer;
        }

        var entry = ((_pages.Count - 1) << PageBits) | _used;
        bytes = _pages[^1].AsSpan(_used, length);
        _used += length;
        return entry;
    }

    private void Link(int entry, Span<byte> bytes, ReadOnlySpan<byte> id)
    {
        if (2 * (_ids + 1) > _slots.Length)
            Grow();
        ref var slot = ref SlotOf(_slots, id);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, slot);
        _ids += slot == 0 ? 1 : 0;
        slot = entry + 1;
    }

    private void Grow()
    {
        var larger = new int[2 * _slots.Length];
        foreach (var slot in _slots)
        {
            if (slot != 0)
                SlotOf(larger, this[slot - 1].Id) = slot;
        }

        _slots = larger;
    }

    private ref int SlotOf(int[] slots, ReadOnlySpan<byte> id)
    {
        var mask = slots.Length - 1;
        for (var i = Murmur2.Hash(id) & mask; ; i = (i + 1) & mask)
        {
            ref var slot = ref slots[i];
            if (slot == 0 || this[slot - 1].Id.SequenceEqual(id))
                return ref slot;
        }
    }
}
