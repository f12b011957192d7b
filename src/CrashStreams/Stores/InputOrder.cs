using System.Buffers.Binary;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Stores;

/// <summary>
/// Records that wait until nothing can come before them any more, in their order. Store and changelog:
/// <code>
/// w (8) · event time (8) · 01 · source topic, escaped · source partition (4) · source offset (8) · number (4)     a record of a source
/// … · source offset (8) · 7FFFFFFF · key, escaped · value, escaped · number (4)                                 the result of a call: behind the others of its source record
/// w (8) · event time (8) · 00 · key, escaped · value, escaped · number (4)                                         a result: equal ones can't be told apart
///   → flags (1: 1 key, 2 value, 4 put as it was read) · count of headers (4) · each: name (4 + n) · value (4 + n, -1: none) · key (4 + n) · value (the rest)
/// </code>
/// Big-endian; <c>number</c> counts records that come of one source record. What comes and goes between two commits is written nowhere.
/// </summary>
internal sealed class InputOrder<TKey, TValue>(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, StoreContext context) : IStateStore
{
    private const byte HasKey = 1;
    private const byte HasValue = 2;
    private const byte IsDirect = 4;
    private const byte Result = 0;
    private const byte OfSource = 1;
    private const int Unordered = int.MaxValue;
    private const int TimesSize = 2 * sizeof(long);

    private readonly OrderedStore _entries = new(name, $"input order {typeof(TKey)} {typeof(TValue)}", new KeyValueFormat(), context);
    private readonly ByteBuffer _place = new();
    private readonly ByteBuffer _content = new();
    private readonly ByteBuffer _topic = new();
    private (long Watermark, SourcePosition? Source, int Number) _last;
    private long? _first;
    private bool _hasIndirect;

    // Of the record that was read last, as it is written and as it is called: the next one is of the same, as a rule.
    private (byte[] Bytes, string Name) _lastTopic = ([], "");

    // Where the records begin that still wait. Before it are those that were taken: kept until that is committed, or removed, and that not written yet. Nobody looks through them again.
    private readonly ByteBuffer _begin = new();

    public string Name => name;

    public string? Kind => _entries.Kind;

    public string? ChangelogTopic => context.ChangelogTopic;

    public StoreEngine? Engine => _entries.Engine;

    public long CachedBytes => _entries.CachedBytes;

    public long DirtyBytes => _entries.DirtyBytes;

    /// <summary>The lowest <c>w</c> that waits, milliseconds; <see cref="long.MaxValue"/> when none does.</summary>
    public long FirstWatermark
    {
        get
        {
            if (_first is { } known)
                return known;
            using var all = _entries.Scan(_begin.Written, default);
            return (_first = all.MoveNext() ? BinaryPrimitives.ReadInt64BigEndian(all.Key) : long.MaxValue).Value;
        }
    }

    /// <summary>Where the first record stands that waits: comparable with places of other stores of this kind. Empty when none does; valid until the store changes.</summary>
    public ReadOnlySpan<byte> FirstPlace
    {
        get
        {
            using var all = _entries.Scan(_begin.Written, default);
            return all.MoveNext() ? all.Key : default;
        }
    }

    /// <param name="watermark">Its <c>w</c>, milliseconds.</param>
    /// <param name="record">The record.</param>
    /// <param name="source">Where it was read from a source topic; null for results.</param>
    /// <param name="isUnordered">Whether it may have come before or behind others of the same source record: its content tells its place among them.</param>
    /// <param name="isDirect">
    /// Whether it was read there just now: what comes of one record comes one behind the other then, and one that is read again after a crash takes its own place. One that has
    /// waited in another store, or for a call, may find others of the same source record here.
    /// </param>
    /// <param name="mayRepeat">Whether it may have been read before.</param>
    public void Put(long watermark, in Record<TKey, TValue> record, in SourcePosition? source, bool isUnordered, bool isDirect, bool mayRepeat)
    {
        var (key, value) = WriteContent(in record, isDirect);
        WritePlace(watermark, record.Timestamp, in source, isUnordered, key, value);
        var number = isDirect && _last.Source == source && _last.Watermark == watermark ? _last.Number + 1 : 0;
        _place.WriteInt32(number);
        if (isDirect)
            _last = (watermark, source, number);
        _hasIndirect |= !isDirect;
        // Where records are read once, only what has waited elsewhere may be in the place of one that is read now.
        ReadOnlySpan<byte> known = default;
        var isTaken = (mayRepeat || _hasIndirect) && _entries.TryGet(_place.Written, out known);
        if (isTaken && !(isDirect && mayRepeat && (known[0] & IsDirect) != 0))
            PutBehindEquals(record.Timestamp);
        else
            _entries.Put(_place.Written, _content.Written, record.Timestamp, isNew: !isTaken);
        if (_place.Written.SequenceCompareTo(_begin.Written) < 0)
            MoveBegin(_place.Written);
        if (_first is { } first)
            _first = Math.Min(first, watermark);
    }

    /// <summary>Takes the first record whose <c>w</c> is below a time: all others with the same one have come then.</summary>
    /// <param name="before">The time, milliseconds.</param>
    /// <param name="keeps">Whether a record that a commit has written is kept until <see cref="DropForwarded"/>.</param>
    /// <param name="watermark">Its <c>w</c>.</param>
    /// <param name="source">Where it was read from a source topic; null for results.</param>
    /// <param name="record">The record.</param>
    public bool TryTake(long before, bool keeps, out long watermark, out SourcePosition? source, out Record<TKey, TValue> record)
    {
        (watermark, source, record) = (0, null, default);
        if (_first >= before)
            return false;
        using (var all = _entries.Scan(_begin.Written, default))
        {
            var first = all.MoveNext() ? BinaryPrimitives.ReadInt64BigEndian(all.Key) : long.MaxValue;
            if (first >= before)
            {
                _first = first;
                return false;
            }

            watermark = first;
            source = ReadSource(all.Key[TimesSize..]);
            record = ReadContent(all.Value, BinaryPrimitives.ReadInt64BigEndian(all.Key[sizeof(long)..]));
            _place.Clear();
            _place.Write(all.Key);
        }

        if (!keeps)
            _entries.Delete(_place.Written, record.Timestamp);
        else
            _entries.TryRemoveUnwritten(_place.Written);
        MoveBegin(_place.Written);
        _begin.WriteByte(0);
        _first = null;
        return true;
    }

    /// <summary>Removes the records whose <c>w</c> is below a time: they were forwarded, and that is committed.</summary>
    public void DropForwarded(long before)
    {
        using var all = _entries.Scan(default, default);
        while (all.MoveNext() && BinaryPrimitives.ReadInt64BigEndian(all.Key) < before)
        {
            _place.Clear();
            _place.Write(all.Key);
            _entries.Delete(_place.Written, BinaryPrimitives.ReadInt64BigEndian(all.Key[sizeof(long)..]));
        }

        _first = null;
    }

    public void Attach(StoreEngine engine) => _entries.Attach(engine);

    public void Flush(IChangelogWriter changelog) => _entries.Flush(changelog);

    public void Restore(in LogRecord record)
    {
        _first = null;
        _entries.Restore(in record);
    }

    public void Restored() => _entries.Restored();

    public void Evict(long bytes) => _entries.Evict(bytes);

    private void MoveBegin(ReadOnlySpan<byte> place)
    {
        _begin.Clear();
        _begin.Write(place);
    }

    // Of one source record, or such that can't be told apart: in the order in which they come.
    private void PutBehindEquals(long timestamp)
    {
        var place = _place.Written.ToArray();
        var number = place.AsSpan()[^sizeof(int)..];
        do
            BinaryPrimitives.WriteInt32BigEndian(number, BinaryPrimitives.ReadInt32BigEndian(number) + 1);
        while (_entries.TryGet(place, out _));
        _entries.Put(place, _content.Written, timestamp, isNew: true);
    }

    private void WritePlace(long watermark, long timestamp, in SourcePosition? source, bool isUnordered, Range key, Range value)
    {
        _place.Clear();
        _place.WriteInt64(watermark);
        _place.WriteInt64(timestamp);
        if (source is not { } position)
        {
            _place.WriteByte(Result);
            WriteToPlace(key, value);
            return;
        }

        _place.WriteByte(OfSource);
        _topic.Clear();
        WriteText(position.Topic, _topic);
        OrderedKey.Write(_topic.Written[sizeof(int)..], _place);
        _place.WriteInt32(position.Partition);
        _place.WriteInt64(position.Offset);
        if (!isUnordered)
            return;
        _place.WriteInt32(Unordered);
        WriteToPlace(key, value);
    }

    private void WriteToPlace(Range key, Range value)
    {
        OrderedKey.Write(_content.Written[key], _place);
        OrderedKey.Write(_content.Written[value], _place);
    }

    // Where key and value are in the content.
    private (Range Key, Range Value) WriteContent(in Record<TKey, TValue> record, bool isDirect)
    {
        _content.Clear();
        _content.WriteByte((byte)((record.HasKey ? HasKey : 0) | (record.HasValue ? HasValue : 0) | (isDirect ? IsDirect : 0)));
        _content.WriteInt32(record.Headers?.Count ?? 0);
        foreach (var (header, bytes) in record.Headers ?? [])
        {
            WriteText(header, _content);
            _content.WriteInt32(bytes?.Length ?? -1);
            _content.Write(bytes);
        }

        _topic.Clear();
        if (record.HasKey)
            keySerde.Serialize(record.Key, _topic);
        _content.WriteInt32(_topic.Length);
        var key = _content.Length;
        _content.Write(_topic.Written);
        var value = _content.Length;
        if (record.HasValue)
            valueSerde.Serialize(record.Value, _content);
        return (key..value, value.._content.Length);
    }

    private Record<TKey, TValue> ReadContent(ReadOnlySpan<byte> bytes, long timestamp)
    {
        var flags = bytes[0];
        bytes = bytes[1..];
        Headers? headers = null;
        for (var left = ReadInt32(ref bytes); left > 0; left--)
        {
            var header = Encoding.UTF8.GetString(ReadSized(ref bytes, ReadInt32(ref bytes)));
            var size = ReadInt32(ref bytes);
            (headers ??= new Headers()).Add(header, size < 0 ? null : ReadSized(ref bytes, size).ToArray());
        }

        var key = ReadSized(ref bytes, ReadInt32(ref bytes));
        return new(
            (flags & HasKey) == 0 ? default! : keySerde.Deserialize(key), (flags & HasKey) != 0,
            (flags & HasValue) == 0 ? default! : valueSerde.Deserialize(bytes), (flags & HasValue) != 0, timestamp, headers);
    }

    private SourcePosition? ReadSource(ReadOnlySpan<byte> place)
    {
        if (place[0] == Result)
            return null;
        var length = OrderedKey.Length(place[1..]);
        var topic = place[1..(1 + length)];
        if (!topic.SequenceEqual(_lastTopic.Bytes))
        {
            _topic.Clear();
            _lastTopic = (topic.ToArray(), Encoding.UTF8.GetString(OrderedKey.Read(topic, _topic)));
        }

        place = place[(1 + length)..];
        return new(_lastTopic.Name, BinaryPrimitives.ReadInt32BigEndian(place), BinaryPrimitives.ReadInt64BigEndian(place[sizeof(int)..]));
    }

    private static void WriteText(string text, ByteBuffer into)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        into.WriteInt32(length);
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(length)));
    }

    private static int ReadInt32(ref ReadOnlySpan<byte> bytes)
    {
        var number = BinaryPrimitives.ReadInt32BigEndian(bytes);
        bytes = bytes[sizeof(int)..];
        return number;
    }

    private static ReadOnlySpan<byte> ReadSized(ref ReadOnlySpan<byte> bytes, int size)
    {
        var part = bytes[..size];
        bytes = bytes[size..];
        return part;
    }
}
