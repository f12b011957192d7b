using System.Buffers.Binary;

namespace CrashStreams.Stores;

/// <summary>
/// Values by key and session. Expiry is by end. Changelog (Kafka Streams): <c>key · end (8) · start (8) → value</c>, stamped with the time of the record
/// that changed the session.
/// </summary>
internal sealed class SessionStore<TKey, TValue> : SegmentedStore<TKey>, ISessionStore<TKey, TValue>
    where TKey : notnull
{
    private readonly Serde<TValue> _valueSerde;
    private readonly bool _isEndOrdered;
    private long _latestEnd = long.MinValue;

    /// <param name="name">The store's name.</param>
    /// <param name="keySerde">Writes keys.</param>
    /// <param name="valueSerde">Writes values.</param>
    /// <param name="retentionMs">How long a session is kept after its end.</param>
    /// <param name="isEndOrdered">Whether <see cref="EndedBetween"/> is used; it costs a second entry for each session.</param>
    /// <param name="context">The task.</param>
    public SessionStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, long retentionMs, bool isEndOrdered, StoreContext context)
        : this(name, keySerde, valueSerde, new Segments(retentionMs), isEndOrdered, context)
    {
    }

    private SessionStore(string name, Serde<TKey> keySerde, Serde<TValue> valueSerde, Segments segments, bool isEndOrdered, StoreContext context)
        : base(name, $"session {typeof(TKey)} {typeof(TValue)}", new(segments, 2 * sizeof(long), isEndOrdered), segments, keySerde, context)
    {
        _valueSerde = valueSerde;
        _isEndOrdered = isEndOrdered;
    }

    /// <summary>Whether nobody can change the values that are handed out.</summary>
    public bool ValuesAreImmutable => _valueSerde.ValuesAreImmutable;

    public bool TryGet(TKey key, Window session, out TValue value)
    {
        value = default!;
        if (session.EndMs < ExpiredBefore || !Entries.TryGet(KeyOf(Escape(key), session), out var bytes))
            return false;
        value = _valueSerde.Deserialize(bytes);
        return true;
    }

    // A processor's store has no operator that lets its sessions expire.
    public void Put(TKey key, Window session, TValue value)
    {
        if (session.EndMs < ExpiredBefore)
            return;
        if (value is null)
            Remove(key, session);
        else
            Put(key, session, value, Context.Clock.RecordTime);
        _latestEnd = Math.Max(_latestEnd, session.EndMs);
        Expire(Context.Clock.Mode == StreamTime.Observed ? _latestEnd : Context.Clock.Watermark);
    }

    public void Remove(TKey key, Window session) => Remove(key, session, Context.Clock.RecordTime);

    /// <param name="key">The key.</param>
    /// <param name="session">Start and end, both inclusive.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestamp">For the changelog, milliseconds.</param>
    public void Put(TKey key, Window session, TValue value, long timestamp)
    {
        ValueBytes.Clear();
        _valueSerde.Serialize(value, ValueBytes);
        Segments.Add(Segments.Of(session.EndMs));
        NoteAdded(session.EndMs);
        Entries.Put(KeyOf(Escape(key), session), ValueBytes.Written, timestamp);
        if (_isEndOrdered)
            Entries.Put(KeyByEnd(session), default, timestamp);
    }

    public void Remove(TKey key, Window session, long timestamp)
    {
        NoteRemoved(session.EndMs);
        Entries.Delete(KeyOf(Escape(key), session), timestamp);
        if (_isEndOrdered)
            Entries.Delete(KeyByEnd(session), timestamp);
    }

    /// <summary>Adds to a list what <see cref="IReadOnlySessionStore{TKey, TValue}.Find"/> answers.</summary>
    public void Find(TKey key, long earliestEndMs, long latestStartMs, List<KeyValuePair<Window, TValue>> into)
    {
        using var cursor = Fetch(Escape(key), earliestEndMs, long.MaxValue);
        while (cursor.MoveNext())
        {
            var session = SessionOf(cursor.Suffix);
            if (session.StartMs <= latestStartMs)
                into.Add(new(session, _valueSerde.Deserialize(cursor.Value)));
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reversed = false) => Find(key, long.MinValue, long.MaxValue, reversed);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Find(TKey key, long earliestEndMs, long latestStartMs, bool reversed = false)
    {
        using var cursor = Fetch(Escape(key), earliestEndMs, long.MaxValue, reversed);
        while (cursor.MoveNext())
        {
            var session = SessionOf(cursor.Suffix);
            if (session.StartMs <= latestStartMs)
                yield return new(new(key, session), _valueSerde.Deserialize(cursor.Value));
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Range(
        TKey from, TKey to, long earliestEndMs = long.MinValue, long latestStartMs = long.MaxValue, bool reversed = false)
    {
        var keys = new KeyRange<TKey>(KeySerde, from, to);
        return Between(earliestEndMs, latestStartMs, reversed, segment => ScanSegment(segment, keys, reversed));
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reversed = false) => Between(long.MinValue, long.MaxValue, reversed, segment => ScanSegment(segment, reversed));

    private IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Between(long earliestEndMs, long latestStartMs, bool reversed, Func<long, OrderedCursor> scan)
    {
        earliestEndMs = Math.Max(earliestEndMs, ExpiredBefore);
        foreach (var segment in Segments.Between(earliestEndMs, long.MaxValue, reversed))
        {
            using var cursor = scan(segment);
            while (cursor.MoveNext())
            {
                var session = SessionOf(cursor.Key[^SuffixLength..]);
                if (session.EndMs >= earliestEndMs && session.StartMs <= latestStartMs)
                    yield return new(new(KeyOf(cursor.Key), session), _valueSerde.Deserialize(cursor.Value));
            }
        }
    }

    /// <summary>The first end at or after a time; <see cref="long.MaxValue"/> when no session ends then. The store has to be ordered by end.</summary>
    public long FirstEndFrom(long endMs) => _isEndOrdered ? FirstTimeFrom(endMs) : throw NotEndOrdered();

    /// <summary>The sessions that end between both times, inclusive, in order of end, start and serialized key. The store has to be ordered by end.</summary>
    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> EndedBetween(long fromEndMs, long throughEndMs)
    {
        for (var segment = FirstByEnd(fromEndMs); IsUpTo(segment, throughEndMs); segment = Segments.NextFrom(segment + 1))
        {
            using var cursor = ScanByTime(segment, Math.Max(fromEndMs, ExpiredBefore), throughEndMs);
            while (cursor.MoveNext())
            {
                var session = SessionOf(cursor.Key[SegmentedFormat.HeadLength..]);
                var key = KeyOfByTime(cursor.Key);
                if (TryGet(key, session, out var value))
                    yield return new(new(key, session), value);
            }
        }
    }

    private long FirstByEnd(long fromEndMs) => _isEndOrdered ? Segments.NextFrom(Segments.Of(Math.Max(fromEndMs, ExpiredBefore))) : throw NotEndOrdered();

    private InvalidOperationException NotEndOrdered() => new($"Store '{Name}' is not ordered by the end of its sessions.");

    private bool IsUpTo(long segment, long throughEndMs) => segment >= 0 && segment <= Segments.Of(throughEndMs);

    private ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> escapedKey, Window session) => WithBounds(KeyAt(escapedKey, session.EndMs), session).Written;

    private ReadOnlySpan<byte> KeyByEnd(Window session)
    {
        var key = WithBounds(KeyByTime(session.EndMs), session);
        key.Write(PlainKey);
        return key.Written;
    }

    private static ByteBuffer WithBounds(ByteBuffer key, Window session)
    {
        key.WriteInt64(session.EndMs);
        key.WriteInt64(session.StartMs);
        return key;
    }

    private static Window SessionOf(ReadOnlySpan<byte> suffix) =>
        new(BinaryPrimitives.ReadInt64BigEndian(suffix[sizeof(long)..]), BinaryPrimitives.ReadInt64BigEndian(suffix));
}
