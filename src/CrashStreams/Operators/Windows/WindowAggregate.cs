using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>
/// Folds the values of each key and window. Updates go to the ordinary children; when a window closes, its last values go to the children
/// that want final results (OnWindowClose, or Suppress right behind: the window store is the buffer then, nothing is held twice).
/// Windows close in the order of their closing times, keys of a window in the order of their bytes.
/// </summary>
internal sealed class WindowAggregate<TKey, TValue, TAggregate>(
    string storeName, string? correctionsName, Windowing windowing, WindowFold<TKey, TValue, TAggregate> fold)
    : Processor<TKey, TValue, Windowed<TKey>, Change<TAggregate>>, IWatermarkListener
{
    private readonly IWindowGrid _windows = windowing.Windows;
    private readonly long _spanMs = windowing.SpanMs;
    private readonly Func<TAggregate>? _initializer = fold.Initializer;
    private readonly Func<TKey, TValue, TAggregate, TAggregate> _aggregator = fold.Aggregator;
    private WindowStore<TKey, TAggregate> _store = null!;
    private WindowCorrections<TKey, TValue, TAggregate>? _corrections;
    private OperatorClock _clock = null!;
    private Receiver<Windowed<TKey>, Change<TAggregate>>[] _finals = [];
    private bool _hasUpdates;
    private EmitThrottle _throttle = null!;
    private long _largestStart = TaskClock.Unknown;

    public void ConnectTo(Receiver<Windowed<TKey>, Change<TAggregate>>[] updates, Receiver<Windowed<TKey>, Change<TAggregate>>[] finals)
    {
        ConnectTo(updates);
        _hasUpdates = updates.Length > 0;
        _finals = finals;
    }

    protected override void Init()
    {
        _store = Store<WindowStore<TKey, TAggregate>>(storeName);
        _clock = Task.Clock.ForOperator(NodeName);
        if (correctionsName is not null)
            _corrections = new(_store, Store<WindowStore<TKey, TAggregate>>(correctionsName), _clock, windowing, fold, Emit);
        _throttle = new(Task);
        // A restore may have brought back what an earlier life of the task had forgotten.
        if (!_clock.IsObserved)
        {
            _store.Expire(_clock.Now);
            _corrections?.Expire(_clock.Now);
        }
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

        if (DroppedRecords.ReasonOf(record.Timestamp) is { } reason)
        {
            Drop(reason);
            return;
        }

        _clock.Observe(record.Timestamp);
        var lateness = _clock.Lateness;
        for (var start = _windows.FirstStart(record.Timestamp); start <= record.Timestamp; start = _windows.StartAfter(start))
        {
            var closesAt = ClosesAt(start);
            if (closesAt <= lateness)
                MissesWindow(in record, start, DroppedRecords.Late, lateness - closesAt);
            else if (closesAt <= _clock.ClosedThrough && !_clock.IsObserved)
                MeetsClosedWindow(in record, start);
            else
                Update(in record, start);
        }

        if (!_clock.IsObserved)
            return;
        if (_finals.Length > 0 && _throttle.Try())
            CloseThrough(_clock.Now);
        // Kafka Streams forgets before it emits, and so loses results; here what is still to be emitted is kept.
        _store.Expire(_finals.Length > 0 ? Math.Min(_largestStart - 1, _clock.ClosedThrough) : _largestStart);
    }

    public long NextClosing => OldestOpenStart is var start and not long.MaxValue ? ClosesAt(start) : long.MaxValue;

    public long OldestOpenStart => _store.At(FirstOpen) is { } bucket ? bucket.StartMs : long.MaxValue;

    // The place of the first bucket that is open.
    private int FirstOpen
    {
        get
        {
            if (_clock.ClosedThrough == TaskClock.Unknown)
                return 0;
            var place = _store.IndexOf(_clock.ClosedThrough - _spanMs + 1);
            // Where windows are of unlike lengths the shorter ones among them are closed.
            while (_store.At(place) is { } bucket && ClosesAt(bucket.StartMs) <= _clock.ClosedThrough)
                place++;
            return place;
        }
    }

    public void OnWatermark(long watermark)
    {
        CloseThrough(watermark);
        // Of streams that are aggregated together another may still give something at this instant.
        _store.Expire(watermark - 1);
        _corrections?.Expire(watermark - 1);
    }

    private void Update(in Record<TKey, TValue> record, long start)
    {
        ref var entry = ref _store.Entry(record.Key, start, out var bucket);
        var existed = entry.IsPresent;
        var hasBefore = existed || _initializer is not null;
        var before = existed ? entry.Value : _initializer is not null ? _initializer() : default!;
        var now = hasBefore ? _aggregator(record.Key, record.Value, before) : fold.First!(record.Value);
        var timestamp = existed && entry.Timestamp > record.Timestamp ? entry.Timestamp : record.Timestamp;
        // An aggregate that was changed in place: the store still has what it was.
        if (_hasUpdates && hasBefore && !typeof(TAggregate).IsValueType && ReferenceEquals(before, now))
        {
            entry = ref _store.Entry(record.Key, start, out bucket);
            before = existed ? entry.Value : _initializer!();
        }

        _store.Set(bucket, record.Key, ref entry, now, now is not null, now is null ? record.Timestamp : timestamp);
        if (start > _largestStart)
            _largestStart = start;
        if (_hasUpdates)
        {
            Forward(new Record<Windowed<TKey>, Change<TAggregate>>(
                new(record.Key, windowing.WindowAt(start)), new(now, true, before, existed || (hasBefore && _clock.IsObserved)), timestamp, record.Headers));
        }
    }

    private void CloseThrough(long time)
    {
        if (time <= _clock.ClosedThrough)
            return;
        if (_finals.Length > 0)
        {
            for (var i = FirstOpen; _store.At(i) is { } bucket && ClosesAt(bucket.StartMs) <= time; i++)
                Close(bucket);
        }

        _clock.ClosedThrough = time;
    }

    private void Close(WindowBucket bucket)
    {
        var window = windowing.WindowAt(bucket.StartMs);
        if (!_clock.IsObserved)
            _clock.EmitJustBefore(ClosesAt(bucket.StartMs));
        foreach (var (key, entry) in _store.InKeyOrder(bucket))
        {
            var record = new Record<Windowed<TKey>, Change<TAggregate>>(
                new(key, window), new(entry.Value, true, default!, false), entry.Timestamp);
            Emit(in record);
        }

        _corrections?.Close(bucket.StartMs);
    }

    private void Emit(in Record<Windowed<TKey>, Change<TAggregate>> record) => ForwardGuarded(_finals, in record);

    private long ClosesAt(long start) => windowing.ClosesAt(start);

    // Not late in its own partition, so either it was counted before a crash, or the window was closed without waiting for its idle partition.
    private void MeetsClosedWindow(in Record<TKey, TValue> record, long start)
    {
        if (ClosesAt(start) <= _clock.Floor)
            Drop(DroppedRecords.Replayed);
        else
            MissesWindow(in record, start, DroppedRecords.LateAfterIdle, _clock.ClosedThrough - ClosesAt(start));
    }

    private void MissesWindow(in Record<TKey, TValue> record, long start, string reason, long byMs)
    {
        switch (_corrections?.Take(in record, start) ?? CorrectionOutcome.TooLate)
        {
            case CorrectionOutcome.Taken:
                return;
            case CorrectionOutcome.Replayed:
                Drop(DroppedRecords.Replayed);
                return;
            default:
                Task.Late(reason, record.Timestamp, byMs, windowing.WindowAt(start), windowing.OnLate);
                return;
        }
    }
}
