using System.Buffers.Binary;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>
/// Values by key and the time from which they hold, kept for the history retention: Kafka Streams' versioned store. With the Watermarks clock a version has
/// its <c>w</c> too, and several versions of one time may stand side by side: which of them a reader sees depends on how far it reads.
/// </summary>
internal sealed class VersionedStore<TKey, TValue> : OverOrderedStore, IVersionedStore<TKey, TValue>
    where TKey : notnull
{
    // One in so many changes looks for versions of its key that nobody can ask for any more.
    private const int ChangesPerCleanup = 8;

    private readonly Serde<TKey> _keySerde;
    private readonly Serde<TValue> _valueSerde;
    private readonly long _historyMs;
    private readonly VersionedFormat _format;
    private readonly bool _isObserved;
    private readonly ByteBuffer _place = new();
    private readonly ByteBuffer _plainKey = new();
    private readonly ByteBuffer _from = new();
    private readonly ByteBuffer _to = new();
    private long _latestMs = long.MinValue;

    // With the Watermarks clock: whoever is answered from now on, also after a crash, was read after this.
    private long _answeredMs = TaskClock.Unknown;
    private long _firstRemovalMs = long.MaxValue;

    public VersionedStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long historyMs, StoreContext context)
        : this(name, keySerde, valueSerde, historyMs, new(keepsKafkaStreamsKeys: context.Clock.Mode == StreamTime.Observed), context)
    {
    }

    private VersionedStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long historyMs, VersionedFormat format, StoreContext context)
        : base(name, $"versioned {typeof(TKey)} {typeof(TValue)}", format, context)
    {
        (_keySerde, _valueSerde, _historyMs, _format, _isObserved) = (keySerde, valueSerde, historyMs, format, context.Clock.Mode == StreamTime.Observed);
    }

    public bool Put(TKey key, TValue value, long timestamp) =>
        Put(key, value, value is not null, timestamp, _isObserved ? timestamp : Math.Max(timestamp, Context.Clock.RecordWatermark));

    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="hasValue">False: the key has no value from then on.</param>
    /// <param name="timestamp">From when on it holds, milliseconds.</param>
    /// <param name="watermark">The record's reference <c>w</c>; its time where the clock has none.</param>
    /// <returns>False: the time lies before the history, and nothing was changed.</returns>
    public bool Put(TKey key, TValue value, bool hasValue, long timestamp, long watermark)
    {
        _place.Clear();
        return Put(key, value, hasValue, timestamp, watermark, breaksTies: false, out _);
    }

    /// <summary>The same for an update that may have been read from another partition than others: <see cref="VersionPlace"/> says which counts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="hasValue">False: the key has no value from then on.</param>
    /// <param name="timestamp">From when on it holds, milliseconds.</param>
    /// <param name="watermark">The record's reference <c>w</c>.</param>
    /// <param name="source">Where it was read from a source topic; null for results.</param>
    /// <param name="isUnordered">Whether it is the result of a call.</param>
    /// <param name="counts">Whether no other update of this time and reference counts before it.</param>
    public bool Put(TKey key, TValue value, bool hasValue, long timestamp, long watermark, in SourcePosition? source, bool isUnordered, out bool counts)
    {
        _place.Clear();
        if (source is { } position)
            VersionPlace.Write(in position, isUnordered, _place);
        return Put(key, value, hasValue, timestamp, watermark, breaksTies: true, out counts);
    }

    private bool Put(TKey key, TValue value, bool hasValue, long timestamp, long watermark, bool breaksTies, out bool counts)
    {
        counts = true;
        _latestMs = Math.Max(_latestMs, timestamp);
        var reference = _isObserved ? _latestMs : watermark;
        if (timestamp < reference - _historyMs)
            return false;
        ValueBytes.Clear();
        VersionedFormat.Begin(ValueBytes, hasValue, _place.Written);
        if (hasValue)
            _valueSerde.Serialize(value, ValueBytes);
        Begin(_from, key);
        WriteSuffix(_from, timestamp, watermark);
        if (breaksTies && Entries.TryGet(_from.Written, out var known))
            counts = VersionPlace.IsBehind(_place.Written, VersionedFormat.Value(ValueBytes.Written), VersionedFormat.Place(known), VersionedFormat.Value(known));
        if (!counts)
            return true;
        Entries.Put(_from.Written, ValueBytes.Written, timestamp);
        NoteRemoval(hasValue, timestamp, watermark);
        if ((ulong)timestamp * 0x9E3779B97F4A7C15 >> 32 < uint.MaxValue / ChangesPerCleanup)
            Clean(key);
        if (_firstRemovalMs <= Horizon)
            CleanRemovals();
        return true;
    }

    public bool TryGet(TKey key, out ValueVersion<TValue> version) => TryGet(key, long.MaxValue, long.MaxValue, out version, out _) && version.HasValue;

    public bool TryGetAsOf(TKey key, long timestamp, out ValueVersion<TValue> version)
    {
        if (!TryGet(key, timestamp, long.MaxValue, out version, out _) || !version.HasValue)
            return false;
        // A value that still holds is known however old it is.
        return timestamp >= Horizon || (TryGet(key, long.MaxValue, long.MaxValue, out var latest, out _) && latest.Timestamp <= timestamp);
    }

    /// <summary>
    /// The value that held at a time, as a reader with the Watermarks clock sees it whose own reference is <paramref name="readAt"/>: of what lies further back than the history before that only a value that
    /// still held at the history's beginning is known, whatever the store has dropped by then.
    /// </summary>
    public bool TryGetAsOf(TKey key, long timestamp, long readAt, out ValueVersion<TValue> version) =>
        TryGet(key, Math.Max(timestamp, Before(readAt)), readAt, out version, out _) && version.HasValue && version.Timestamp <= timestamp;

    /// <summary>The version with the highest (time, <c>w</c>) among those with a time up to <paramref name="throughMs"/> and a <c>w</c> up to <paramref name="throughWatermark"/>.</summary>
    public bool TryGet(TKey key, long throughMs, long throughWatermark, out ValueVersion<TValue> version, out long watermark)
    {
        Begin(_from, key);
        using var versions = Scan(throughMs);
        while (versions.MoveNext())
        {
            watermark = VersionedFormat.Watermark(versions.Key);
            if (watermark > throughWatermark)
                continue;
            version = Read(versions);
            return true;
        }

        (version, watermark) = (default, 0);
        return false;
    }

    public IEnumerable<ValueVersion<TValue>> Versions(TKey key, long fromMs, long throughMs)
    {
        Begin(_from, key);
        using var versions = Scan(throughMs);
        while (versions.MoveNext() && VersionedFormat.Timestamp(versions.Key) >= fromMs)
            yield return Read(versions);
    }

    public IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>> Range(TKey from, TKey to)
    {
        Begin(_from, from);
        Begin(_to, to);
        OrderedKey.WriteEnd(_to);
        return Latest(Entries.Scan(_from.Written, _to.Written));
    }

    public IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>> All() => Latest(Entries.Prefix([VersionedFormat.Versions]));

    // Each key's latest version is the one before the next key.
    private IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>> Latest(OrderedCursor cursor)
    {
        using var versions = cursor;
        var (key, latest) = (Array.Empty<byte>(), default(ValueVersion<TValue>));
        while (versions.MoveNext())
        {
            if (key.Length > 0 && latest.HasValue && !versions.Key[..^VersionedFormat.SuffixLength].SequenceEqual(key))
                yield return new(KeyOf(key), latest);
            key = versions.Key[..^VersionedFormat.SuffixLength].ToArray();
            latest = Read(versions);
        }

        if (latest.HasValue)
            yield return new(KeyOf(key), latest);
    }

    public override void Restored()
    {
        base.Restored();
        _latestMs = Math.Max(_latestMs, _format.LatestRestored);
        FindFirstRemoval();
        if (Entries.TryGet([VersionedFormat.HasReplaceable], out _))
            ReplaceKeysOfKafkaStreams();
    }

    // What is dropped from now on is logged with the next commit, so this one has succeeded then: a task that begins again begins with this clock or a later one, and reads a changelog that has all that it may
    // ask for.
    public override void Flush(IChangelogWriter changelog)
    {
        base.Flush(changelog);
        // Whoever is answered at an instant of the clock was read before it, but may have been at the one before.
        if (Context.Clock.ClosingTime is var closing and not TaskClock.Unknown)
            _answeredMs = closing - 1;
    }

    // Nobody can ask for a time before: of a key the version that holds then, and later ones, are all that is needed.
    private long Horizon => Before(_isObserved ? _latestMs : _answeredMs);

    private long Before(long timeMs) => timeMs < long.MinValue + _historyMs ? long.MinValue : timeMs - _historyMs;

    private void Clean(TKey key)
    {
        Begin(_from, key);
        Clean();
    }

    // Of the key in _from. A version with a higher w is not yet seen by everyone, so it hides nothing.
    private void Clean()
    {
        var (horizon, watermark) = (Horizon, _isObserved ? long.MaxValue : _answeredMs);
        if (horizon < 0)
            return;
        using var versions = Scan(horizon);
        var isHidden = false;
        while (versions.MoveNext())
        {
            if (!isHidden && VersionedFormat.Watermark(versions.Key) > watermark)
                continue;
            if (isHidden || !VersionedFormat.HasValue(versions.Value))
                Drop(versions.Key);
            isHidden = true;
        }
    }

    private void Drop(ReadOnlySpan<byte> version)
    {
        if (_isObserved)
            Entries.Erase(version);
        else
            Entries.Delete(version, VersionedFormat.Timestamp(version));
    }

    private void ReplaceKeysOfKafkaStreams()
    {
        using var versions = Entries.Prefix([VersionedFormat.Versions]);
        while (versions.MoveNext())
        {
            var time = VersionedFormat.Timestamp(versions.Key);
            _from.Clear();
            _from.Write(versions.Key);
            ValueBytes.Clear();
            ValueBytes.Write(versions.Value);
            Entries.Put(_from.Written, ValueBytes.Written, time);
            _to.Clear();
            _to.WriteByte(VersionedFormat.ReplacedKeys);
            OrderedKey.Append(_from.Written[1..^VersionedFormat.SuffixLength], _to);
            Entries.Delete(_to.Written, time);
        }

        Entries.Delete([VersionedFormat.HasReplaceable], 0);
    }

    private void CleanRemovals()
    {
        Span<byte> to = stackalloc byte[1 + sizeof(long)];
        to[0] = VersionedFormat.Removals;
        BinaryPrimitives.WriteInt64BigEndian(to[1..], Horizon + 1);
        using var removals = Entries.Scan([VersionedFormat.Removals], to);
        while (removals.MoveNext())
        {
            // What not everyone sees yet stays in the index.
            if (BinaryPrimitives.ReadInt64BigEndian(removals.Key[(1 + sizeof(long))..]) > _answeredMs && !_isObserved)
                continue;
            _from.Clear();
            _from.WriteByte(VersionedFormat.Versions);
            OrderedKey.Write(removals.Key[(1 + VersionedFormat.SuffixLength)..], _from);
            Entries.Delete(removals.Key, 0);
            Clean();
        }

        FindFirstRemoval();
    }

    private void FindFirstRemoval()
    {
        using var removals = Entries.Prefix([VersionedFormat.Removals]);
        _firstRemovalMs = removals.MoveNext() ? BinaryPrimitives.ReadInt64BigEndian(removals.Key[1..]) : long.MaxValue;
    }

    // The index may keep what has become a value again: it is looked at once more then.
    private void NoteRemoval(bool hasValue, long timestamp, long watermark)
    {
        if (hasValue)
            return;
        _to.Clear();
        _to.WriteByte(VersionedFormat.Removals);
        WriteSuffix(_to, timestamp, watermark);
        _to.Write(_plainKey.Written);
        Entries.Put(_to.Written, default, timestamp);
        _firstRemovalMs = Math.Min(_firstRemovalMs, timestamp);
    }

    private void Begin(ByteBuffer into, TKey key)
    {
        _plainKey.Clear();
        _keySerde.Serialize(key, _plainKey);
        into.Clear();
        into.WriteByte(VersionedFormat.Versions);
        OrderedKey.Write(_plainKey.Written, into);
    }

    // The versions of the key in _from up to a time, the latest first.
    private OrderedCursor Scan(long throughMs)
    {
        _to.Clear();
        _to.Write(_from.Written);
        if (throughMs < long.MaxValue)
            _to.WriteInt64(throughMs + 1);
        else
            OrderedKey.WriteEnd(_to);
        return Entries.Scan(_from.Written, _to.Written, reversed: true);
    }

    private static void WriteSuffix(ByteBuffer into, long timestamp, long watermark)
    {
        into.WriteInt64(timestamp);
        into.WriteInt64(watermark);
    }

    private TKey KeyOf(ReadOnlySpan<byte> withoutSuffix)
    {
        _plainKey.Clear();
        return _keySerde.Deserialize(OrderedKey.Read(withoutSuffix[1..], _plainKey));
    }

    private ValueVersion<TValue> Read(OrderedCursor version) =>
        VersionedFormat.HasValue(version.Value)
            ? new(_valueSerde.Deserialize(VersionedFormat.Value(version.Value)), true, VersionedFormat.Timestamp(version.Key))
            : new(default!, false, VersionedFormat.Timestamp(version.Key));
}
