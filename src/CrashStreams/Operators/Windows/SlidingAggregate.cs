using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>
/// Folds the values of each key in sliding windows. A record changes the windows that hold it, the latest start first, and may make three: the one that begins behind the record before it, the one that
/// ends with it, and the one that begins behind it. Records earlier than the difference share the window that begins at zero. With the Watermarks clock the records come in the order of event time.
/// </summary>
internal sealed class SlidingAggregate<TKey, TValue, TAggregate>(
    string storeName, SlidingWindows windows, WindowFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate)
    : Processor<TKey, TValue, Windowed<TKey>, Change<TAggregate>>, IWatermarkListener
{
    private readonly long _differenceMs = windows.DifferenceMs;
    private readonly List<StoredWindow<TAggregate>> _found = [];
    private SlidingWindowStore<TKey, TAggregate> _store = null!;
    private OperatorClock _clock = null!;
    private long _openFrom;
    private long _largestStart = TaskClock.Unknown;
    private long _nextTryMs;
    private long _emitIntervalMs;

    protected override void Init()
    {
        _store = Store<SlidingWindowStore<TKey, TAggregate>>(storeName);
        _clock = Task.Clock.ForOperator(NodeName);
        _emitIntervalMs = (long)Task.Options.Time.ObservedEmitInterval.TotalMilliseconds;
        if (!_clock.IsObserved)
            _store.Expire(_clock.Now);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || !record.HasValue)
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
        // Windows that end earlier are closed.
        _openFrom = _clock.Lateness - windows.GraceMs;
        if (record.Timestamp + _differenceMs < _openFrom)
            Late(in record, record.Timestamp);
        else if (record.Timestamp < _differenceMs)
            TakeEarly(in record);
        else
            TakeIn(in record);
        if (!_clock.IsObserved)
            return;
        if (onlyFinal)
            CloseThrottled();
        // What is still to be emitted is kept.
        _store.Expire(onlyFinal ? Math.Min(_largestStart, _clock.ClosedThrough) : _largestStart);
    }

    public long NextClosing => onlyFinal && FirstOpenStart is var start and not long.MaxValue ? start + windows.SpanMs + 1 : long.MaxValue;

    public long OldestOpenStart => onlyFinal ? FirstOpenStart : long.MaxValue;

    public void OnWatermark(long watermark)
    {
        if (onlyFinal)
            CloseThrough(watermark);
        else
            _clock.ClosedThrough = Math.Max(_clock.ClosedThrough, watermark);
        _store.Expire(watermark);
    }

    private long FirstOpenStart => _store.FirstStartFrom(_clock.ClosedThrough == TaskClock.Unknown ? 0 : Math.Max(0, _clock.ClosedThrough - windows.SpanMs));

    private void TakeIn(in Record<TKey, TValue> record)
    {
        var time = record.Timestamp;
        Find(record.Key, Math.Max(0, time - (2 * _differenceMs)), time + 1, reversed: true);
        var (hasLeft, hasRight, hasLeftAggregate, hasRightAggregate) = (false, false, false, false);
        var (left, right) = (default(StoredWindow<TAggregate>), default(StoredWindow<TAggregate>));
        long? before = null;
        foreach (var window in _found)
        {
            var end = window.StartMs + _differenceMs;
            if (end < time)
            {
                (left, hasLeftAggregate, before) = (window, true, window.Timestamp);
                break;
            }

            if (end == time)
            {
                hasLeft = true;
                if (window.Timestamp < time)
                    before = window.Timestamp;
                Update(in record, in window);
            }
            else if (window.StartMs <= time)
            {
                // Of those that hold the record the latest holds only what lies behind it, besides.
                if (!hasRightAggregate)
                    (right, hasRightAggregate) = (window, true);
                Update(in record, in window);
            }
            else
            {
                hasRight = true;
            }
        }

        if (before is { } previous && previous + 1 + _differenceMs >= time && !Exists(previous + 1))
            Create(in record, previous + 1);
        if (!hasLeft)
        {
            if (before >= time - _differenceMs && hasLeftAggregate)
                Fold(in record, time - _differenceMs, left.Value, hasAggregate: true, time);
            else
                Create(in record, time - _differenceMs);
        }

        if (!hasRight && hasRightAggregate && right.Timestamp > time)
            Copy(in record, time + 1, in right);
    }

    private void TakeEarly(in Record<TKey, TValue> record)
    {
        var time = record.Timestamp;
        Find(record.Key, 0, time + 1, reversed: false);
        var (hasFirst, hasRight, hasRightAggregate) = (false, false, false);
        var (first, right) = (default(StoredWindow<TAggregate>), default(StoredWindow<TAggregate>));
        long? before = null;
        foreach (var window in _found)
        {
            if (window.StartMs == 0)
            {
                (first, hasFirst) = (window, true);
                if (window.Timestamp < time)
                    before = window.Timestamp;
            }
            else if (window.StartMs <= time)
            {
                (right, hasRightAggregate) = (window, true);
                Update(in record, in window);
            }
            else
            {
                hasRight = true;
            }
        }

        // Without one the first window holds only records that lie behind this one.
        if (!hasRightAggregate && hasFirst && first.Timestamp > time)
            (right, hasRightAggregate) = (first, true);
        if (!hasRight && hasRightAggregate && right.Timestamp > time)
            Copy(in record, time + 1, in right);
        if (before is { } previous && !Exists(previous + 1))
            Create(in record, previous + 1);
        if (hasFirst)
            Update(in record, in first);
        else
            Create(in record, 0);
    }

    private void Find(TKey key, long fromMs, long throughMs, bool reversed)
    {
        _found.Clear();
        _store.Fetch(key, fromMs, throughMs, reversed, _found);
    }

    private bool Exists(long startMs)
    {
        foreach (var window in _found)
        {
            if (window.StartMs == startMs)
                return true;
        }

        return false;
    }

    private void Create(in Record<TKey, TValue> record, long startMs) =>
        Fold(in record, startMs, fold.Initializer is null ? default! : fold.Initializer(), hasAggregate: fold.Initializer is not null, record.Timestamp);

    private void Update(in Record<TKey, TValue> record, in StoredWindow<TAggregate> window) =>
        Fold(in record, window.StartMs, window.Value, hasAggregate: true, Math.Max(window.Timestamp, record.Timestamp));

    private void Fold(in Record<TKey, TValue> record, long startMs, TAggregate before, bool hasAggregate, long timestamp)
    {
        if (IsClosed(in record, startMs))
            return;
        var now = hasAggregate ? fold.Aggregator(record.Key, record.Value, before) : fold.First!(record.Value);
        Put(in record, startMs, now, timestamp, before, hasAggregate);
    }

    // What is in the window behind the record already.
    private void Copy(in Record<TKey, TValue> record, long startMs, in StoredWindow<TAggregate> from)
    {
        if (!IsClosed(in record, startMs))
            Put(in record, startMs, from.Value, from.Timestamp, default!, hasBefore: false);
    }

    private void Put(in Record<TKey, TValue> record, long startMs, TAggregate now, long timestamp, TAggregate before, bool hasBefore)
    {
        if (now is null)
            _store.Remove(record.Key, startMs, record.Timestamp);
        else
            _store.Put(record.Key, startMs, now, timestamp);
        _largestStart = Math.Max(_largestStart, startMs);
        if (!onlyFinal)
            Forward(new Record<Windowed<TKey>, Change<TAggregate>>(WindowAt(record.Key, startMs), new(now, true, before, hasBefore), timestamp, record.Headers));
    }

    private bool IsClosed(in Record<TKey, TValue> record, long startMs)
    {
        if (startMs + _differenceMs >= _openFrom)
            return false;
        Late(in record, startMs);
        return true;
    }

    private void Late(in Record<TKey, TValue> record, long startMs) => Task.Late(
        DroppedRecords.Late, record.Timestamp, _openFrom - (startMs + _differenceMs), new Window(startMs, startMs + _differenceMs), onLate);

    private Windowed<TKey> WindowAt(TKey key, long startMs) => new(key, new(startMs, startMs + _differenceMs));

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
        var closed = time > windows.SpanMs ? _store.StartedBetween(from, time - windows.SpanMs - 1).ToList() : [];
        _clock.ClosedThrough = time;
        foreach (var (window, entry) in closed)
        {
            if (!_clock.IsObserved)
                _clock.EmitJustBefore(window.Window.StartMs + windows.SpanMs + 1);
            Emit(new Record<Windowed<TKey>, Change<TAggregate>>(window, new(entry.Value, true, default!, false), entry.Timestamp));
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
