using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Versions of values. Changelog (Kafka Streams): key → value or tombstone, stamped with the time from which it holds; <c>w</c> is a header where it is
/// not that time, and so is the place (<see cref="VersionPlace"/>) where there is one. The store has each version, and an index of removals, which are dropped when nobody can ask for what was before:
/// <code>
/// 0 · escaped key · time (8) · w (8) → flags (1: 1 value, 2 place) [· length of the place (2) · place] · value
/// 1 · time (8) · w (8) · key         → nothing
/// </code>
/// What is dropped from the store because of its age is left to the changelog's compaction.
/// </summary>
internal sealed class VersionedFormat : StoreFormat
{
    public const byte Versions = 0;
    public const byte Removals = 1;
    private const int PlaceAt = 1 + sizeof(ushort);

    public const int SuffixLength = 2 * sizeof(long);

    private const string PlaceHeader = "p";
    private const byte WithValue = 1;
    private const byte WithPlace = 2;

    private readonly ByteBuffer _key = new();

    /// <summary>The highest time that was restored, milliseconds.</summary>
    public long LatestRestored { get; private set; } = long.MinValue;

    public static long Timestamp(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^SuffixLength..]);

    public static long Watermark(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[^sizeof(long)..]);

    /// <summary>Begins the value of an entry; the value itself follows.</summary>
    public static void Begin(ByteBuffer entry, bool hasValue, ReadOnlySpan<byte> place)
    {
        entry.WriteByte((byte)((hasValue ? WithValue : 0) | (place.Length > 0 ? WithPlace : 0)));
        if (place.Length == 0)
            return;
        entry.WriteByte((byte)(place.Length >> 8));
        entry.WriteByte((byte)place.Length);
        entry.Write(place);
    }

    public static bool HasValue(ReadOnlySpan<byte> entry) => (entry[0] & WithValue) != 0;

    public static ReadOnlySpan<byte> Place(ReadOnlySpan<byte> entry) => (entry[0] & WithPlace) == 0 ? default : entry.Slice(PlaceAt, BinaryPrimitives.ReadUInt16BigEndian(entry[1..]));

    public static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> entry) => (entry[0] & WithPlace) == 0 ? entry[1..] : entry[(PlaceAt + BinaryPrimitives.ReadUInt16BigEndian(entry[1..]))..];

    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer)
    {
        if (!isPresent || key[0] != Versions)
            return default;
        var time = Timestamp(key);
        return new()
        {
            Key = OrderedKey.Read(key[1..^SuffixLength], buffer),
            HasKey = true,
            Value = Value(value),
            HasValue = HasValue(value),
            Timestamp = time,
            Headers = WithPlaceOf(value, WatermarkHeader.Of(Watermark(key), time)),
        };
    }

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        LatestRestored = Math.Max(LatestRestored, record.Timestamp);
        var watermark = WatermarkHeader.Read(in record);
        Begin(buffer, record.HasValue, record.Headers?.Last(PlaceHeader));
        buffer.Write(record.Value);
        _key.Clear();
        _key.WriteByte(Versions);
        OrderedKey.Write(record.Key, _key);
        _key.WriteInt64(record.Timestamp);
        _key.WriteInt64(watermark);
        store.RestorePut(_key.Written, buffer.Written);
        _key.Clear();
        _key.WriteByte(Removals);
        _key.WriteInt64(record.Timestamp);
        _key.WriteInt64(watermark);
        _key.Write(record.Key);
        if (record.HasValue)
            store.RestoreDelete(_key.Written);
        else
            store.RestorePut(_key.Written, default);
    }

    private static Headers? WithPlaceOf(ReadOnlySpan<byte> entry, Headers? headers) =>
        Place(entry) is { Length: > 0 } place ? (headers ?? new Headers()).Add(PlaceHeader, place.ToArray()) : headers;
}
