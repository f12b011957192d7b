using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// A record of a repartition topic that holds many: what a thread has written to one partition. It has no key, one header, and the entries as its value, one behind the other:
/// <code>
/// cs-pack = 01
/// entry:    flags (1) · time minus the one before (zigzag varint) [· key length (varint) · key] [· value length (varint) · value] [· length (varint) · what it takes along]
/// flags:    1 has a key, 2 has a value, 4 takes something along (the bytes of <see cref="ReadAt"/>)
/// </code>
/// Records with headers of their own are not packed.
/// </summary>
internal static class PackRecord
{
    public const string Header = "cs-pack";

    private const byte Version = 1;
    private const byte HasKey = 1;
    private const byte HasValue = 2;
    private const byte HasReadAt = 4;

    // Flags, time, three lengths.
    private const int MaxOverhead = 1 + (4 * Varint.MaxBytes);

    /// <summary>The headers of every pack.</summary>
    public static Headers Headers { get; } = new Headers().Add(Header, [Version]);

    /// <summary>Whether a record is a pack, of whatever version.</summary>
    public static bool IsIn(Headers headers) => headers.Last(Header) is not null;

    /// <summary>The most that an entry takes.</summary>
    public static int MostBytes(in LogRecord record, byte[]? readAt) => MaxOverhead + record.Key.Length + record.Value.Length + (readAt?.Length ?? 0);

    /// <summary>Appends an entry.</summary>
    /// <param name="pack">The entries before it.</param>
    /// <param name="record">Its key, value and time.</param>
    /// <param name="readAt">What it takes along; null: nothing.</param>
    /// <param name="timeBefore">The time of the entry before it; 0 for the first.</param>
    public static void Append(ByteBuffer pack, in LogRecord record, byte[]? readAt, long timeBefore)
    {
        var at = 0;
        var to = pack.GetSpan(MostBytes(in record, readAt));
        to[at++] = (byte)((record.HasKey ? HasKey : 0) | (record.HasValue ? HasValue : 0) | (readAt is null ? 0 : HasReadAt));
        at += Varint.WriteSigned(to[at..], unchecked(record.Timestamp - timeBefore));
        if (record.HasKey)
            at += Bytes(to[at..], record.Key);
        if (record.HasValue)
            at += Bytes(to[at..], record.Value);
        if (readAt is not null)
            at += Bytes(to[at..], readAt);
        pack.Advance(at);
    }

    /// <summary>Whether all of a pack's entries can be read.</summary>
    public static bool IsWhole(in LogRecord pack)
    {
        if (pack.Headers?.Last(Header) is not [Version] || pack.Value.IsEmpty)
            return false;
        var rest = pack.Value;
        var time = 0L;
        while (!rest.IsEmpty)
        {
            if (!TryReadNext(ref rest, ref time, out _, out _, out _))
                return false;
        }

        return true;
    }

    /// <summary>Reads the next entry; false where bytes are not those of one.</summary>
    /// <param name="rest">What is left of the pack's value; the whole of it at first.</param>
    /// <param name="time">The time of the entry before, then of this one.</param>
    /// <param name="key">Its key; null: it has none.</param>
    /// <param name="value">Its value.</param>
    /// <param name="readAt">What it takes along; empty: nothing.</param>
    internal static bool TryReadNext(scoped ref ReadOnlySpan<byte> rest, scoped ref long time, out Field key, out Field value, out ReadOnlySpan<byte> readAt)
    {
        key = value = default;
        readAt = default;
        if (rest.IsEmpty)
            return false;
        var flags = rest[0];
        rest = rest[1..];
        if ((flags & ~(HasKey | HasValue | HasReadAt)) != 0 || !Varint.TryReadSigned(ref rest, out var sinceBefore))
            return false;
        time = unchecked(time + sinceBefore);
        if ((flags & HasKey) != 0 && !TryReadField(ref rest, out key))
            return false;
        if ((flags & HasValue) != 0 && !TryReadField(ref rest, out value))
            return false;
        if ((flags & HasReadAt) == 0)
            return true;
        var isRead = TryReadField(ref rest, out var along);
        readAt = along.Bytes;
        return isRead;
    }

    private static int Bytes(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        var length = Varint.Write(to, (ulong)bytes.Length);
        bytes.CopyTo(to[length..]);
        return length + bytes.Length;
    }

    private static bool TryReadField(scoped ref ReadOnlySpan<byte> rest, out Field field)
    {
        field = default;
        if (!Varint.TryRead(ref rest, out var length) || length > (ulong)rest.Length)
            return false;
        field = new(rest[..(int)length]);
        rest = rest[(int)length..];
        return true;
    }

    /// <summary>A key or value: one without bytes is not a missing one.</summary>
    internal readonly ref struct Field(ReadOnlySpan<byte> bytes)
    {
        public ReadOnlySpan<byte> Bytes { get; } = bytes;

        public bool IsThere { get; } = true;
    }
}
