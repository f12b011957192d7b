using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>
/// Folds the values of each key and session. A record joins the sessions within the gap around it, which become one: tombstones for the old bounds come first. With final results a session is
/// forwarded once, when event time has passed its end, gap and grace. With the Watermarks clock the records come in the order of event time, and what is closed is forgotten: a record that
/// follows begins a new session.
/// </summary>
internal sealed class SessionAggregate<TKey, TValue, TAggregate>(
    string storeName, SessionWindows windows, SessionFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate)
    : Processor<TKey, TValue, Windowed<TKey>, Change<TAggregate>>, IWatermarkListener
{
    private readonly List<KeyValuePair<Window, TAggregate>> _found = [];
    private SessionStore<TKey, TAggregate> _store = null!;
    private OperatorClock _clock = null!;
    private long _largestEnd = TaskClock.Unknown;
    private long _nextTryMs;
    private long _emitIntervalMs;

    protected override void Init()
    {
        _store = Store<SessionStore<TKey, TAggregate>>(storeName);
        _clock = Task.Clock.ForOperator(NodeName);
        _emitIntervalMs = (long)Task.Options.Time.ObservedEmitInterval.TotalMilliseconds;
        if (!_clock.IsObserved)
            _store.Expire(_clock.Now);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            Drop(DroppedRecords.NullKey);
            return;
        }

        if (record.ValueCannotBeShown && !fold.IgnoresValues)
        {
            Drop(DroppedRecords.NullKeyOrValue);
            return;
        }

        if (!EventTime.IsValid(record.Timestamp))
        {
            Drop(record.Timestamp < 0 ? DroppedRecords.NegativeTimestamp : DroppedRecords.Future);
            return;
        }

        _clock.Observe(record.Timestamp);
        TakeIn(in record, _clock.Lateness - windows.SpanMs);
        if (!_clock.IsObserved)
            return;
        if (onlyFinal)
            CloseThrottled();
        // What is still to be emitted is kept.
        _store.Expire(onlyFinal ? Math.Min(_largestEnd, _clock.ClosedThrough) : _largestEnd);
    }

    public long NextClosing => onlyFinal && FirstOpenEnd is var end and not long.MaxValue ? end + windows.SpanMs + 1 : long.MaxValue;

    // A session's start is not ordered; its end is near enough for a gauge.
    public long OldestOpenStart => onlyFinal ? FirstOpenEnd : long.MaxValue;

    public void OnWatermark(long watermark)
    {
        if (onlyFinal)
            CloseThrough(watermark);
        else
            _clock.ClosedThrough = Math.Max(_clock.ClosedThrough, watermark);
        _store.Expire(watermark);
    }

    private long FirstOpenEnd => _store.FirstEndFrom(_clock.ClosedThrough == TaskClock.Unknown ? 0 : Math.Max(0, _clock.ClosedThrough - windows.SpanMs));

    /// <param name="record">The record.</param>
    /// <param name="openFrom">Sessions that end earlier are closed.</param>
    private void TakeIn(in Record<TKey, TValue> record, long openFrom)
    {
        _found.Clear();
        _store.Find(record.Key, record.Timestamp - windows.GapMs, record.Timestamp + windows.GapMs, _found);
        if (!_clock.IsObserved)
            _found.RemoveAll(s => s.Key.EndMs < openFrom);
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
        _largestEnd = Math.Max(_largestEnd, merged.EndMs);
        if (!onlyFinal)
            Forward(new Record<Windowed<TKey>, Change<TAggregate>>(new(record.Key, merged), new(now, true, default!, false), merged.EndMs, record.Headers));
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
        foreach (var (session, value) in _found)
        {
            _store.Remove(record.Key, session, record.Timestamp);
            if (!onlyFinal)
                Forward(new Record<Windowed<TKey>, Change<TAggregate>>(new(record.Key, session), new(default!, false, value, true), session.EndMs, record.Headers));
        }
    }

    // Kafka Streams tries at most once per interval of the wall clock, and a try counts whether anything was due or not.
    private void CloseThrottled()
    {
        if (_emitIntervalMs > 0)
        {
            var now = Context.WallClock;
            if (now < _nextTryMs)
                return;
            _nextTryMs = now + _emitIntervalMs;
        }

        CloseThrough(_clock.Now);
    }

    private void CloseThrough(long time)
    {
        if (time <= _clock.ClosedThrough)
            return;
        var from = _clock.ClosedThrough == TaskClock.Unknown ? 0 : Math.Max(0, _clock.ClosedThrough - windows.SpanMs);
        var closed = time > windows.SpanMs ? _store.EndedBetween(from, time - windows.SpanMs - 1).ToList() : [];
        _clock.ClosedThrough = time;
        foreach (var (session, value) in closed)
        {
            if (!_clock.IsObserved)
            {
                _clock.EmitJustBefore(session.Window.EndMs + windows.SpanMs + 1);
                _store.Remove(session.Key, session.Window, session.Window.EndMs);
            }

            Emit(new Record<Windowed<TKey>, Change<TAggregate>>(session, new(value, true, default!, false), session.Window.EndMs));
        }
    }

    // A result that an operator can't take is handled like any record: it doesn't keep the ones behind it from being emitted.
    private void Emit(in Record<Windowed<TKey>, Change<TAggregate>> record)
    {
        try
        {
            Forward(in record);
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Task.Fault(FaultKind.Processing, e.GetType().Name, e);
        }
    }
}
