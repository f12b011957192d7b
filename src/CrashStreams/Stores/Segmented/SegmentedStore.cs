using System.Buffers.Binary;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>Entries by key and time that expire by it: sessions by their end, windows and the sides of a join by their start.</summary>
internal abstract class SegmentedStore<TKey> : OverOrderedStore, IWindowHistory, IExpiringStore
{
    private readonly ByteBuffer _plainKey = new();
    private readonly ByteBuffer _escapedKey = new();
    private readonly ByteBuffer _key = new();

    // Kafka Streams logs what it expires later: its clock is not committed. See docs/state.md.
    private readonly bool _logsExpired;
    private SegmentCursor? _spareCursor;
    private long _keptByCopy;

    // The first time at or after another one, as long as that is known.
    private (long From, long First)? _firstTime;

    protected SegmentedStore(string name, string kind, SegmentedFormat format, Segments segments, Serde<TKey> keySerde, StoreContext context)
        : base(name, kind, format, context)
    {
        KeySerde = keySerde;
        Segments = segments;
        SuffixLength = format.SuffixLength;
        _logsExpired = context.Clock.Mode == StreamTime.Observed;
    }

    public long LatestStart => Segments.Latest;

    public long ExpiredBefore => Segments.ExpiredBefore;

    public long RetentionMs => Segments.RetentionMs;

    internal Segments Segments { get; }

    protected Serde<TKey> KeySerde { get; }

    protected int SuffixLength { get; }

    /// <summary>Forgets what lies the retention or more before <paramref name="referenceMs"/>.</summary>
    public void Expire(long referenceMs)
    {
        if (!Segments.Expire(referenceMs, out var kept))
            return;
        _key.Clear();
        _key.WriteInt64(kept);
        Entries.Forget(default, _key.Written, _logsExpired);
    }

    public bool ForgetRestored(long watermarkMs)
    {
        if (watermarkMs == TaskClock.Unknown || watermarkMs < RetentionMs)
            return false;
        var kept = Segments.Of(watermarkMs - RetentionMs + 1);
        if (kept <= _keptByCopy)
            return false;
        _keptByCopy = kept;
        _key.Clear();
        _key.WriteInt64(kept);
        return Entries.RestoreForget(default, _key.Written);
    }

    // A change that the log does not take is taken back.
    public override void Flush(IChangelogWriter changelog)
    {
        base.Flush(changelog);
        _firstTime = null;
    }

    public override void Restored()
    {
        base.Restored();
        _firstTime = null;
        FindSegments();
    }

    internal void Return(SegmentCursor cursor) => _spareCursor ??= cursor;

    /// <summary>A key as it lies in the store, valid until the next call.</summary>
    protected ReadOnlySpan<byte> Escape(TKey key)
    {
        _plainKey.Clear();
        _escapedKey.Clear();
        KeySerde.Serialize(key, _plainKey);
        OrderedKey.Write(_plainKey.Written, _escapedKey);
        return _escapedKey.Written;
    }

    /// <summary>The entry's key in the store without its suffix: see <see cref="SegmentedFormat"/>. Valid until the next call.</summary>
    protected ByteBuffer KeyAt(ReadOnlySpan<byte> escapedKey, long timeMs)
    {
        _key.Clear();
        SegmentedFormat.WriteHead(_key, Segments.Of(timeMs), SegmentedFormat.ByKey);
        _key.Write(escapedKey);
        return _key;
    }

    /// <summary>The same, of the entry by time; the suffix and <see cref="PlainKey"/> follow.</summary>
    protected ByteBuffer KeyByTime(long timeMs)
    {
        _key.Clear();
        SegmentedFormat.WriteHead(_key, Segments.Of(timeMs), SegmentedFormat.ByTime);
        return _key;
    }

    /// <summary>The key that was last given to <see cref="Escape"/>, as it was serialized.</summary>
    protected ReadOnlySpan<byte> PlainKey => _plainKey.Written;

    /// <summary>The entries of a key with times between both, inclusive, that have not expired.</summary>
    protected SegmentCursor Fetch(ReadOnlySpan<byte> escapedKey, long fromMs, long throughMs, bool reversed = false)
    {
        var cursor = _spareCursor ?? new SegmentCursor(Entries, Segments, Return);
        _spareCursor = null;
        cursor.Open(escapedKey, Math.Max(fromMs, Math.Max(0, ExpiredBefore)), throughMs, reversed);
        return cursor;
    }

    /// <summary>The key of an entry that a cursor is on.</summary>
    protected TKey KeyOf(ReadOnlySpan<byte> storeKey)
    {
        _plainKey.Clear();
        return KeySerde.Deserialize(OrderedKey.Read(storeKey[SegmentedFormat.HeadLength..^SuffixLength], _plainKey));
    }

    /// <summary>The key of an entry by time that a cursor is on.</summary>
    protected TKey KeyOfByTime(ReadOnlySpan<byte> storeKey) => KeySerde.Deserialize(storeKey[(SegmentedFormat.HeadLength + SuffixLength)..]);

    /// <summary>A cursor over all entries by key of a segment.</summary>
    protected OrderedCursor ScanSegment(long segment, bool reversed = false)
    {
        _key.Clear();
        SegmentedFormat.WriteHead(_key, segment, SegmentedFormat.ByKey);
        return Entries.Prefix(_key.Written, reversed);
    }

    /// <summary>A cursor over the entries by key of a segment whose keys lie between both, inclusive.</summary>
    protected OrderedCursor ScanSegment(long segment, KeyRange<TKey> keys, bool reversed)
    {
        _escapedKey.Clear();
        SegmentedFormat.WriteHead(_escapedKey, segment, SegmentedFormat.ByKey);
        OrderedKey.Write(keys.From, _escapedKey);
        _key.Clear();
        SegmentedFormat.WriteHead(_key, segment, SegmentedFormat.ByKey);
        OrderedKey.Write(keys.To, _key);
        OrderedKey.WriteEnd(_key);
        return Entries.Scan(_escapedKey.Written, _key.Written, reversed);
    }

    /// <summary>A cursor over the entries by time of a segment with times between both, inclusive.</summary>
    protected OrderedCursor ScanByTime(long segment, long fromMs, long throughMs, bool reversed = false)
    {
        Span<byte> from = stackalloc byte[SegmentedFormat.HeadLength + sizeof(long)];
        Span<byte> to = stackalloc byte[SegmentedFormat.HeadLength + sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(from, segment);
        from[sizeof(long)] = SegmentedFormat.ByTime;
        from.CopyTo(to);
        BinaryPrimitives.WriteInt64BigEndian(from[SegmentedFormat.HeadLength..], Math.Max(fromMs, 0));
        if (throughMs < long.MaxValue)
        {
            BinaryPrimitives.WriteInt64BigEndian(to[SegmentedFormat.HeadLength..], throughMs + 1);
            return Entries.Scan(from, to, reversed);
        }

        to[sizeof(long)]++;
        return Entries.Scan(from, to[..SegmentedFormat.HeadLength], reversed);
    }

    /// <summary>The first time of an entry at or after a time; <see cref="long.MaxValue"/> when there is none. The store has to have entries by time, and tell of those that come and go.</summary>
    protected long FirstTimeFrom(long fromMs)
    {
        fromMs = Math.Max(fromMs, ExpiredBefore);
        if (_firstTime is var (from, first) && from <= fromMs && fromMs <= first)
            return first;
        _firstTime = (fromMs, FindFirstTime(fromMs));
        return _firstTime.Value.First;
    }

    /// <summary>There is an entry of a time now.</summary>
    protected void NoteAdded(long timeMs)
    {
        if (_firstTime is var (from, first) && timeMs >= from && timeMs < first)
            _firstTime = (from, timeMs);
    }

    /// <summary>There is one entry less of a time.</summary>
    protected void NoteRemoved(long timeMs)
    {
        if (_firstTime?.First == timeMs)
            _firstTime = null;
    }

    private long FindFirstTime(long fromMs)
    {
        for (var segment = Segments.NextFrom(Segments.Of(fromMs)); segment >= 0; segment = Segments.NextFrom(segment + 1))
        {
            using var cursor = ScanByTime(segment, fromMs, long.MaxValue);
            if (cursor.MoveNext())
                return BinaryPrimitives.ReadInt64BigEndian(cursor.Key[SegmentedFormat.HeadLength..]);
        }

        return long.MaxValue;
    }

    private void FindSegments()
    {
        Segments.Clear();
        for (var id = 0L; ; id++)
        {
            _key.Clear();
            _key.WriteInt64(id);
            using var first = Entries.Scan(_key.Written, default);
            if (!first.MoveNext())
                return;
            id = BinaryPrimitives.ReadInt64BigEndian(first.Key);
            Segments.Add(id);
        }
    }
}
