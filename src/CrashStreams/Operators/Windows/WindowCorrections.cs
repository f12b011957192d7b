using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>What became of a record that missed its window.</summary>
internal enum CorrectionOutcome
{
    Taken,

    /// <summary>It was taken before a crash.</summary>
    Replayed,

    TooLate,
}

/// <summary>
/// The late part of an aggregation's windows: what came within the second grace is kept apart, so that first results are not touched by it. Once a window
/// is closed each late record gives its key's new result; what came before the closing (in a partition that is ahead of others) gives one then, behind the
/// first results. The last result of a window is therefore the aggregate of all records that came within the second grace: a function of the partitions' contents.
/// </summary>
internal sealed class WindowCorrections<TKey, TValue, TAggregate>
{
    public delegate void Receive(in Record<Windowed<TKey>, Change<TAggregate>> correction);

    private readonly WindowStore<TKey, TAggregate> _inTime;
    private readonly WindowStore<TKey, TAggregate> _late;
    private readonly OperatorClock _clock;
    private readonly Windowing _windowing;
    private readonly WindowFold<TKey, TValue, TAggregate> _fold;
    private readonly Receive _emit;

    public WindowCorrections(
        WindowStore<TKey, TAggregate> inTime, WindowStore<TKey, TAggregate> late, OperatorClock clock, Windowing windowing,
        WindowFold<TKey, TValue, TAggregate> fold, Receive emit)
    {
        (_inTime, _late, _clock, _windowing, _fold, _emit) = (inTime, late, clock, windowing, fold, emit);
        // Windows with nothing but late records close as well, also after a restart.
        for (var i = 0; late.At(i) is { } bucket; i++)
            inTime.Add(bucket.StartMs);
    }

    /// <summary>Takes a record that missed its window, unless that can't be corrected any more.</summary>
    public CorrectionOutcome Take(in Record<TKey, TValue> record, long startMs)
    {
        var finalAt = _windowing.FinalAt(startMs);
        if (finalAt <= _clock.Lateness)
            return CorrectionOutcome.TooLate;
        // As for windows that close: it is the second time, or the partition was idle and not waited for.
        if (finalAt <= _clock.ClosedThrough)
            return finalAt <= _clock.Floor ? CorrectionOutcome.Replayed : CorrectionOutcome.TooLate;
        ref var entry = ref _late.Entry(record.Key, startMs, out var bucket);
        var before = entry.IsPresent ? entry.Value : _fold.Initializer is { } initial ? initial() : default!;
        var now = entry.IsPresent || _fold.Initializer is not null ? _fold.Aggregator(record.Key, record.Value, before) : _fold.First!(record.Value);
        _late.Set(bucket, record.Key, ref entry, now, now is not null, entry.IsPresent ? Math.Max(entry.Timestamp, record.Timestamp) : record.Timestamp);
        if (_windowing.ClosesAt(startMs) <= _clock.ClosedThrough)
            Correct(record.Key, startMs, in entry);
        else
            _inTime.Add(startMs);
        return CorrectionOutcome.Taken;
    }

    /// <summary>First results were given: those that late records have changed already follow, in the order of their keys.</summary>
    public void Close(long startMs)
    {
        if (_late.Find(startMs) is not { } bucket)
            return;
        foreach (var (key, entry) in _late.InKeyOrder(bucket))
            Correct(key, startMs, in entry);
    }

    public void Expire(long watermark) => _late.Expire(watermark);

    private void Correct(TKey key, long startMs, in WindowEntry<TAggregate> late)
    {
        if (!late.IsPresent)
            return;
        var hasInTime = _inTime.TryGet(key, startMs, out var inTime);
        var value = hasInTime ? _fold.Merge!(inTime.Value, late.Value) : late.Value;
        var timestamp = hasInTime ? Math.Max(inTime.Timestamp, late.Timestamp) : late.Timestamp;
        _emit(new Record<Windowed<TKey>, Change<TAggregate>>(
            new(key, _windowing.WindowAt(startMs)), new(value, true, default!, false), timestamp, new Headers().Add(Correction.Header, (byte[]?)null)));
    }
}
