using System.Buffers.Binary;
using CrashStreams.Time;

namespace CrashStreams.Stores;

/// <summary>Entries by key and time that expire by it: sessions by their end, windows and the sides of a join by their start.</summary>
internal abstract class SegmentedStore<TKey> : OverOrderedStore, IWindowHistory, IExpiringStore
{
    private readonly Serde<TKey> _keySerde;
    private readonly ByteBuffer _plainKey = new();
    private readonly ByteBuffer _escapedKey = new();
    private readonly ByteBuffer _key = new();

    // Kafka Streams logs what it expires later: its clock is not committed. See docs/state.md.
    private readonly bool _logsExpired;
    private SegmentCursor? _spareCursor;
    private long _keptByCopy;

    protected SegmentedStore(string name, string kind, SegmentedFormat format, Segments segments, Serde<TKey> keySerde, StoreContext context)
        : base(name, kind, format, context)
    {
        _keySerde = keySerde;
        Segments = segments;
        SuffixLength = format.SuffixLength;
        _logsExpired = context.Clock.Mode == StreamTime.Observed;
    }

    public long LatestStart => Segments.Latest;

    public long ExpiredBefore => Segments.ExpiredBefore;

    public long RetentionMs => Segments.RetentionMs;

    internal Segments Segments { get; }

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

    public override void Restored()
    {
        base.Restored();
        FindSegments();
    }

    internal void Return(SegmentCursor cursor) => _spareCursor ??= cursor;

    /// <summary>A key as it lies in the store, valid until the next call.</summary>
    protected ReadOnlySpan<byte> Escape(TKey key)
    {
        _plainKey.Clear();
        _escapedKey.Clear();
        _keySerde.Serialize(key, _plainKey);
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
        return _keySerde.Deserialize(OrderedKey.Read(storeKey[SegmentedFormat.HeadLength..^SuffixLength], _plainKey));
    }

    /// <summary>The key of an entry by time that a cursor is on.</summary>
    protected TKey KeyOfByTime(ReadOnlySpan<byte> storeKey) => _keySerde.Deserialize(storeKey[(SegmentedFormat.HeadLength + SuffixLength)..]);

    /// <summary>A cursor over all entries by key of a segment.</summary>
    protected OrderedCursor ScanSegment(long segment)
    {
        _key.Clear();
        SegmentedFormat.WriteHead(_key, segment, SegmentedFormat.ByKey);
        return Entries.Prefix(_key.Written);
    }

    /// <summary>A cursor over the entries by time of a segment with times between both, inclusive.</summary>
    protected OrderedCursor ScanByTime(long segment, long fromMs, long throughMs)
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
            return Entries.Scan(from, to);
        }

        to[sizeof(long)]++;
        return Entries.Scan(from, to[..SegmentedFormat.HeadLength]);
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
