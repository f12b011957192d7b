using CrashStreams.Faults;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>
/// Folds the values of each key in sliding windows. A record changes the windows that hold it, the latest start first, and may make three: the one that begins behind the record before it, the one that
/// ends with it, and the one that begins behind it. Records earlier than the difference share the window that begins at zero.
/// </summary>
internal sealed class SlidingAggregate<TKey, TValue, TAggregate>(
    string storeName, SlidingWindows windows, WindowFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate)
    : KeyWindowAggregate<TKey, TValue, TAggregate>(windows.SpanMs, onlyFinal)
{
    private readonly long _differenceMs = windows.DifferenceMs;
    private readonly List<StoredWindow<TAggregate>> _found = [];
    private SlidingWindowStore<TKey, TAggregate> _store = null!;
    private long _openFrom;

    protected override SegmentedStore<TKey> Windows => _store;

    protected override void Init()
    {
        _store = Store<SlidingWindowStore<TKey, TAggregate>>(storeName);
        base.Init();
    }

    protected override string? ReasonToDrop(in Record<TKey, TValue> record) => record is { HasKey: true, HasValue: true } ? null : DroppedRecords.NullKeyOrValue;

    protected override void TakeIn(in Record<TKey, TValue> record)
    {
        // Windows that end earlier are closed.
        _openFrom = Clock.Lateness - windows.GraceMs;
        if (record.Timestamp + _differenceMs < _openFrom)
            Late(in record, record.Timestamp);
        else if (record.Timestamp < _differenceMs)
            TakeEarly(in record);
        else
            TakeInAnywhere(in record);
    }

    protected override long FirstFrom(long time) => _store.FirstStartFrom(time);

    protected override void CloseBetween(long from, long through)
    {
        foreach (var (window, entry) in _store.StartedBetween(from, through))
            Emit(window, entry.Value, window.Window.StartMs, entry.Timestamp);
    }

    private void TakeInAnywhere(in Record<TKey, TValue> record)
    {
        var time = record.Timestamp;
        Find(record.Key, Math.Max(0, time - (2 * _differenceMs)), time + 1, reversed: true);
        var (hasLeft, hasRight, hasLeftAggregate, hasRightAggregate) = (false, false, false, false);
        var (left, right) = (default(StoredWindow<TAggregate>), default(StoredWindow<TAggregate>));
        long? previous = null;
        foreach (var window in _found)
        {
            var end = window.StartMs + _differenceMs;
            if (end < time)
            {
                (left, hasLeftAggregate, previous) = (window, true, window.Timestamp);
                break;
            }

            if (end == time)
            {
                hasLeft = true;
                if (window.Timestamp < time)
                    previous = window.Timestamp;
                Update(in record, in window);
            }
            else if (window.StartMs <= time)
            {
                // Of those that hold the record the latest holds only what lies behind it, besides.
                var before = Update(in record, in window);
                if (!hasRightAggregate)
                    (right, hasRightAggregate) = (window with { Value = before }, true);
            }
            else
            {
                hasRight = true;
            }
        }

        if (previous is { } earlier && earlier + 1 + _differenceMs >= time)
            CreateBehind(in record, earlier);
        if (!hasLeft)
        {
            if (previous >= time - _differenceMs && hasLeftAggregate)
                CreateFrom(in record, time - _differenceMs, in left);
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
        long? previous = null;
        foreach (var window in _found)
        {
            if (window.StartMs == 0)
            {
                (first, hasFirst) = (window, true);
                if (window.Timestamp < time)
                    previous = window.Timestamp;
            }
            else if (window.StartMs <= time)
            {
                (right, hasRightAggregate) = (window with { Value = Update(in record, in window) }, true);
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
        if (previous is { } earlier)
            CreateBehind(in record, earlier);
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

    // A record is late for such a window with the Observed clock alone: whether the store still knows the record before it is not to be seen elsewhere.
    private void CreateBehind(in Record<TKey, TValue> record, long previous)
    {
        if (!Exists(previous + 1) && (Clock.IsObserved || IsOpen(previous + 1)))
            Create(in record, previous + 1);
    }

    private void Create(in Record<TKey, TValue> record, long startMs)
    {
        if (IsClosed(in record, startMs))
            return;
        var isObserved = Clock.IsObserved;
        if (fold.Initializer is null)
            Put(in record, startMs, fold.First!(record.Value), record.Timestamp, default!, hasBefore: false);
        else
            Put(in record, startMs, fold.Aggregator(record.Key, record.Value, fold.Initializer()), record.Timestamp, isObserved ? fold.Initializer() : default!, hasBefore: isObserved);
    }

    // With what the window before the record holds. Kafka Streams takes that for the value before, which is of another window.
    private void CreateFrom(in Record<TKey, TValue> record, long startMs, in StoredWindow<TAggregate> left)
    {
        if (IsClosed(in record, startMs))
            return;
        var now = fold.Aggregator(record.Key, record.Value, left.Value);
        Put(in record, startMs, now, record.Timestamp, Clock.IsObserved ? Unchanged(record.Key, in left, now) : default!, hasBefore: Clock.IsObserved);
    }

    // Gives what the window held before.
    private TAggregate Update(in Record<TKey, TValue> record, in StoredWindow<TAggregate> window)
    {
        if (IsClosed(in record, window.StartMs))
            return window.Value;
        var now = fold.Aggregator(record.Key, record.Value, window.Value);
        var before = Unchanged(record.Key, in window, now);
        Put(in record, window.StartMs, now, Math.Max(window.Timestamp, record.Timestamp), before, hasBefore: true);
        return before;
    }

    // An aggregate that was changed in place: the store still has what it was.
    private TAggregate Unchanged(TKey key, in StoredWindow<TAggregate> window, TAggregate now) =>
        !typeof(TAggregate).IsValueType && ReferenceEquals(window.Value, now) && _store.TryGet(key, window.StartMs, out var stored) ? stored.Value : window.Value;

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
        NoteChanged(startMs);
        if (!OnlyFinal)
            Forward(new Record<Windowed<TKey>, Change<TAggregate>>(WindowAt(record.Key, startMs), new(now, true, before, hasBefore), timestamp, record.Headers));
    }

    private bool IsOpen(long startMs) => startMs + _differenceMs >= _openFrom;

    private bool IsClosed(in Record<TKey, TValue> record, long startMs)
    {
        if (IsOpen(startMs))
            return false;
        Late(in record, startMs);
        return true;
    }

    private void Late(in Record<TKey, TValue> record, long startMs) => Task.Late(
        DroppedRecords.Late, record.Timestamp, _openFrom - (startMs + _differenceMs), new Window(startMs, startMs + _differenceMs), onLate);

    private Windowed<TKey> WindowAt(TKey key, long startMs) => new(key, new(startMs, startMs + _differenceMs));
}
