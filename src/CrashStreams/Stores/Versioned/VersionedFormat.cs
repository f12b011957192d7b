using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Versions of values. The store has each version, and an index of removals, which are dropped when nobody can ask for what was before:
/// <code>
/// 0 · escaped key · time (8) · w (8) → flags (1: 1 value, 2 place) [· length of the place (2) · place] · value
/// 1 · time (8) · w (8) · key         → nothing; not logged
/// </code>
/// Changelog with the Observed clock (Kafka Streams): key → value or tombstone, stamped with the time from which it holds. What is dropped because of its age is left to the changelog's compaction, which keeps
/// the last record of each key, and those before for as long as <c>min.compaction.lag.ms</c> says, by record times and the broker's clock. With the Watermarks clock a history must not depend on how late it is
/// there: the changelog has the store's own keys and values, with a header, and a tombstone for each version that is dropped.
/// <para>
/// Kafka Streams' records are read with the Watermarks clock too. Their keys stand for several versions, so they are replaced (<see cref="VersionedStore{TKey, TValue}"/>): by each version under its own key, a
/// tombstone for the key, which has a header and is no version, and the removal of what marks the store as one with such records:
/// <code>
/// 2 · key → always removed: the tombstone of a key
/// 3       → nothing: there are records of Kafka Streams
/// </code>
/// </para>
/// </summary>
/// <param name="keepsKafkaStreamsKeys">Whether the changelog is written as Kafka Streams writes it.</param>
internal sealed class VersionedFormat(bool keepsKafkaStreamsKeys) : StoreFormat
{
    public const byte Versions = 0;
    public const byte Removals = 1;
    public const byte ReplacedKeys = 2;
    public const byte HasReplaceable = 3;
    public const int SuffixLength = 2 * sizeof(long);

    private const int PlaceAt = 1 + sizeof(ushort);
    private const byte WithValue = 1;
    private const byte WithPlace = 2;
    private const string FormatHeader = "v";
    private const byte OwnKey = 0;
    private const byte Replaced = 1;

    // Shared by all records: nobody adds to them.
    private static readonly Headers _ownKey = new Headers().Add(FormatHeader, [OwnKey]);
    private static readonly Headers _replaced = new Headers().Add(FormatHeader, [Replaced]);

    private readonly ByteBuffer _version = new();
    private readonly ByteBuffer _removal = new();

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

    public override LogRecord ToChangelog(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isPresent, long timestamp, ByteBuffer buffer) => key[0] switch
    {
        Versions when !keepsKafkaStreamsKeys => new() { Key = key, HasKey = true, Value = value, HasValue = isPresent, Timestamp = Timestamp(key), Headers = _ownKey },
        Versions when isPresent => new() { Key = OrderedKey.Read(key[1..^SuffixLength], buffer), HasKey = true, Value = Value(value), HasValue = HasValue(value), Timestamp = Timestamp(key) },
        ReplacedKeys => new() { Key = key[1..], HasKey = true, Timestamp = timestamp, Headers = _replaced },
        HasReplaceable => new() { Key = key, HasKey = true, Timestamp = timestamp, Headers = _ownKey },
        _ => default,
    };

    public override void Restore(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        LatestRestored = Math.Max(LatestRestored, record.Timestamp);
        switch (record.Headers?.Last(FormatHeader))
        {
            case null:
                RestoreOfKafkaStreams(in record, store, buffer);
                break;
            case [OwnKey]:
                RestoreOwn(in record, store);
                break;
        }
    }

    private void RestoreOwn(in LogRecord record, OrderedStore store)
    {
        if (record.HasValue)
            store.RestorePut(record.Key, record.Value);
        else
            store.RestoreDelete(record.Key);
        if (record.Key[0] == Versions)
            RestoreRemoval(store, record.Key, isRemoval: record.HasValue && !HasValue(record.Value));
    }

    private void RestoreOfKafkaStreams(in LogRecord record, OrderedStore store, ByteBuffer buffer)
    {
        Begin(buffer, record.HasValue, default);
        buffer.Write(record.Value);
        _version.Clear();
        _version.WriteByte(Versions);
        OrderedKey.Write(record.Key, _version);
        // Kafka Streams knows no w.
        _version.WriteInt64(record.Timestamp);
        _version.WriteInt64(record.Timestamp);
        store.RestorePut(_version.Written, buffer.Written);
        RestoreRemoval(store, _version.Written, isRemoval: !record.HasValue);
        if (!keepsKafkaStreamsKeys)
            store.RestorePut([HasReplaceable], default);
    }

    private void RestoreRemoval(OrderedStore store, ReadOnlySpan<byte> version, bool isRemoval)
    {
        _removal.Clear();
        _removal.WriteByte(Removals);
        _removal.Write(version[^SuffixLength..]);
        OrderedKey.Append(version[1..^SuffixLength], _removal);
        if (isRemoval)
            store.RestorePut(_removal.Written, default);
        else
            store.RestoreDelete(_removal.Written);
    }
}
