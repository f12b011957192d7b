using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>
/// Holds the updates of a table back and forwards the last one: of a windowed table when the window closes, in order of window end, then key bytes (a window whose last update was
/// a tombstone gives nothing); or when event time has passed the first update that waits by a limit, tombstones included.
/// </summary>
internal sealed class Suppress<TKey, TValue>(string storeName, Func<TKey, Window>? windowOf, Suppressed suppressed, long graceMs)
    : Processor<TKey, Change<TValue>, TKey, Change<TValue>>, IWatermarkListener
{
    private readonly long _waitMs = suppressed.LimitMs ?? graceMs;
    private readonly bool _isFinal = suppressed.LimitMs is null;
    private SuppressBuffer<TKey, TValue> _buffer = null!;
    private OperatorClock _clock = null!;

    protected override void Init()
    {
        _buffer = Store<SuppressBuffer<TKey, TValue>>(storeName);
        _clock = Task.Clock.ForOperator(NodeName);
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        _clock.Observe(record.Timestamp);
        var source = Task.Current;
        var time = _isFinal ? windowOf!(record.Key).EndMs : record.Timestamp;
        // However late an update is: it leaves with a reference w that is not below its own.
        if (!_clock.IsObserved)
            time = Math.Max(time, Task.Clock.RecordWatermark + 1 - _waitMs);
        _buffer.Put(time, in record, source.Topic, source.Partition, source.Offset);
        if (_clock.IsObserved)
            CloseThrough(_clock.Now);
        if (suppressed.HasLimits && IsOverfull)
            MakeRoom();
    }

    private bool IsOverfull => _buffer.Count > (suppressed.MaxRecords ?? int.MaxValue) || _buffer.Bytes > (suppressed.MaxBytes ?? long.MaxValue);

    private void MakeRoom()
    {
        if (suppressed.WhenFull == WhenFull.Fail)
        {
            throw new CrashStreamsException(
                $"{NodeName} buffer exceeded its max capacity. Currently [{_buffer.Count}/{suppressed.MaxRecords ?? long.MaxValue}] records and [{_buffer.Bytes}/{suppressed.MaxBytes ?? long.MaxValue}] bytes. " +
                "Raise the limit, shorten windows and grace, or leave the limit out.");
        }

        while (IsOverfull && _buffer.TryTake(long.MaxValue, out _, out var oldest))
            ForwardGuarded(in oldest);
    }

    public long NextClosing => _buffer.FirstTime is { } bufferedMs ? bufferedMs + _waitMs : long.MaxValue;

    // The aggregation in front tells.
    public long OldestOpenStart => long.MaxValue;

    public void OnWatermark(long watermark) => CloseThrough(watermark);

    private void CloseThrough(long time)
    {
        while (_buffer.TryTake(time - _waitMs, out var bufferedMs, out var record))
        {
            if (!_clock.IsObserved)
                _clock.EmitJustBefore(bufferedMs + _waitMs);
            if (record.Value.HasNow || !_isFinal)
                ForwardGuarded(in record);
        }
    }
}
