using CrashStreams.Faults;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>
/// Folds the values of each key and session. A record joins the sessions within the gap around it, which become one: tombstones for the old bounds come first. With final results a session is
/// forwarded once, when event time has passed its end, gap and grace. With the Watermarks clock what is closed is forgotten: a record that follows begins a new session.
/// </summary>
internal sealed class SessionAggregate<TKey, TValue, TAggregate>(
    string storeName, SessionWindows windows, SessionFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate)
    : KeyWindowAggregate<TKey, TValue, TAggregate>(windows.SpanMs, onlyFinal)
{
    private readonly List<KeyValuePair<Window, TAggregate>> _found = [];
    private SessionStore<TKey, TAggregate> _store = null!;

    protected override SegmentedStore<TKey> Windows => _store;

    protected override void Init()
    {
        _store = Store<SessionStore<TKey, TAggregate>>(storeName);
        base.Init();
    }

    protected override string? ReasonToDrop(in Record<TKey, TValue> record) =>
        !record.HasKey ? DroppedRecords.NullKey : record.ValueCannotBeShown && !fold.IgnoresValues ? DroppedRecords.NullKeyOrValue : null;

    protected override void TakeIn(in Record<TKey, TValue> record)
    {
        // Sessions that end earlier are closed.
        var openFrom = Clock.Lateness - windows.SpanMs;
        var earliestEnd = record.Timestamp - windows.GapMs;
        _found.Clear();
        _store.Find(record.Key, Clock.IsObserved ? earliestEnd : Math.Max(earliestEnd, openFrom), record.Timestamp + windows.GapMs, _found);
        var (merged, aggregate, hasAggregate) = Merge(in record);
        if (merged.EndMs < openFrom)
        {
            Task.Late(DroppedRecords.Late, record.Timestamp, openFrom - merged.EndMs, merged, onLate);
            return;
        }

        var now = hasAggregate ? fold.Aggregator(record.Key, record.Value, aggregate) : fold.First!(record.Value);
        // Of one record alone, or of others at its instant: nothing is replaced under other bounds.
        if (merged.StartMs != merged.EndMs)
            Replace(in record);
        if (now is null)
            _store.Remove(record.Key, merged, record.Timestamp);
        else
            _store.Put(record.Key, merged, now, record.Timestamp);
        NoteChanged(merged.EndMs);
        if (!OnlyFinal)
            Forward(new Record<Windowed<TKey>, Change<TAggregate>>(new(record.Key, merged), new(now, true, default!, false), merged.EndMs, record.Headers));
    }

    protected override long FirstFrom(long time) => _store.FirstEndFrom(time);

    protected override void CloseBetween(long from, long through)
    {
        foreach (var (session, value) in _store.EndedBetween(from, through))
        {
            if (!Clock.IsObserved)
                _store.Remove(session.Key, session.Window, session.Window.EndMs);
            Emit(session, value, session.Window.EndMs, session.Window.EndMs);
        }
    }

    private (Window Merged, TAggregate Aggregate, bool HasAggregate) Merge(in Record<TKey, TValue> record)
    {
        var (start, end) = (record.Timestamp, record.Timestamp);
        var hasAggregate = fold.Initializer is not null;
        var aggregate = hasAggregate ? fold.Initializer!() : default!;
        foreach (var (session, value) in _found)
        {
            (start, end) = (Math.Min(start, session.StartMs), Math.Max(end, session.EndMs));
            aggregate = hasAggregate ? fold.Merger(record.Key, aggregate, value) : value;
            hasAggregate = true;
        }

        return (new(start, end), aggregate, hasAggregate);
    }

    private void Replace(in Record<TKey, TValue> record)
    {
        foreach (var (session, found) in _found)
        {
            var before = found;
            // Merger or aggregator may have changed what was found: the store still has what it was.
            if (!OnlyFinal && !_store.ValuesAreImmutable)
                _store.TryGet(record.Key, session, out before);
            _store.Remove(record.Key, session, record.Timestamp);
            if (!OnlyFinal)
                Forward(new Record<Windowed<TKey>, Change<TAggregate>>(new(record.Key, session), new(default!, false, before, true), session.EndMs, record.Headers));
        }
    }
}
