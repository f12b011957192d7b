using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

/// <summary>
/// Meets each record of a stream with the row that the table holds for its key: at the record's time where the table keeps its history, else at that moment. Only records of the stream give
/// results. One without key in the table or without value is dropped; a left join keeps those without key, unmatched (KIP-962). With a grace, records wait for updates that come late.
/// </summary>
internal sealed class StreamTableJoin<TKey, TValue, TTableKey, TTableValue, TResult>(
    Func<TKey, TValue, TTableKey> keyOf, Func<TValue, Optional<TTableValue>, TResult> joiner, bool isLeft, Func<IOperatorContext, TableReader<TTableKey, TTableValue>> openTable,
    string? bufferName = null, long graceMs = 0)
    : Processor<TKey, TValue, TKey, TResult>, IWaitsForInstant
{
    private TableReader<TTableKey, TTableValue> _table = null!;
    private GraceBuffer<TKey, TValue>? _waiting;
    private OperatorClock _clock = null!;

    protected override void Init()
    {
        _table = openTable(Task);
        _waiting = bufferName is null ? null : Store<GraceBuffer<TKey, TValue>>(bufferName);
        _clock = Task.Clock.ForOperator(NodeName);
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        _clock.Observe(record.Timestamp);
        var key = record.HasValue ? keyOf(record.Key, record.Value) : default;
        var hasKey = record.HasValue && key is not null;
        if (!record.HasValue || (!hasKey && !isLeft))
        {
            Drop(DroppedRecords.NullJoinKeyOrValue);
            return;
        }

        if (_waiting is null || !record.HasKey || record.Timestamp < _clock.Lateness - graceMs)
            Forward(in record, Row(record.Timestamp, key!, hasKey, _clock.IsObserved ? long.MaxValue : Task.Clock.RecordWatermark));
        else
            _waiting.Put(in record, Task.Current.Topic, Task.Current.Partition, Task.Current.Offset);
        if (_clock.IsObserved && _waiting is not null)
            Answer(_clock.Now - graceMs);
    }

    public long NextClosing => _waiting?.FirstTimestamp is { } first and not long.MaxValue ? first + graceMs + 1 : long.MaxValue;

    public long OldestOpenStart => long.MaxValue;

    // Once the clock is past a record's time and grace, all updates that it may see have been read.
    public void OnWatermark(long watermark)
    {
        if (_waiting is not null)
            Answer(watermark - graceMs - 1);
    }

    public void OnIdle(long watermark) => OnWatermark(watermark + 1);

    private void Answer(long through)
    {
        while (_waiting!.TryTake(through, out var record, out _))
        {
            if (!_clock.IsObserved)
                _clock.EmitJustBefore(record.Timestamp + graceMs + 1);
            Emit(in record);
        }
    }

    private void Emit(in Record<TKey, TValue> record)
    {
        try
        {
            var row = Row(record.Timestamp, keyOf(record.Key, record.Value), hasKey: true, _clock.IsObserved ? long.MaxValue : record.Timestamp + graceMs);
            if (row.HasValue || isLeft)
                ForwardGuarded(record.WithValue(joiner(record.Value, row)));
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Skip(e);
        }
    }

    private void Forward(in Record<TKey, TValue> record, Optional<TTableValue> row)
    {
        if (row.HasValue || isLeft)
            Forward(record.WithValue(joiner(record.Value, row)));
    }

    private Optional<TTableValue> Row(long timestamp, TTableKey key, bool hasKey, long readAt) =>
        hasKey && _table.TryGetAsOf(key, timestamp, readAt, out var value) ? new(value, true) : default;
}
