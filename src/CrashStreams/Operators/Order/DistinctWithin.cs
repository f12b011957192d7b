using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Operators;

#pragma warning disable CS8714 // A record without id is dropped before it reaches the store.

/// <summary>
/// Forwards a record unless one with the same id, less than a span of event time away, was forwarded before. Those that were are kept as sessions of an instant for twice the span; a record
/// that comes when what it would have to be compared with may be forgotten is late.
/// </summary>
internal sealed class DistinctWithin<TKey, TValue, TId>(string storeName, Func<TKey, TValue, TId> id, bool looksAtValue, long spanMs) : Processor<TKey, TValue, TKey, TValue>
{
    private readonly List<KeyValuePair<Window, byte>> _found = [];
    private SessionStore<TId, byte> _store = null!;
    private OperatorClock _clock = null!;

    protected override void Init()
    {
        _store = Store<SessionStore<TId, byte>>(storeName);
        _clock = Task.Clock.ForOperator(NodeName);
        // A local store that is older than the last commit, or a restore, may have brought back what an earlier life of the task had forgotten.
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

        if (looksAtValue && record.ValueCannotBeShown)
        {
            Drop(DroppedRecords.AbsentValue);
            return;
        }

        // An operator in front may give a record any time.
        if (!EventTime.IsValid(record.Timestamp))
        {
            Drop(record.Timestamp < 0 ? DroppedRecords.NegativeTimestamp : DroppedRecords.Future);
            return;
        }

        _clock.Observe(record.Timestamp);
        var now = _clock.Lateness;
        if (record.Timestamp + spanMs <= now)
            Task.Late(DroppedRecords.Late, record.Timestamp, now - record.Timestamp - spanMs, new Window(record.Timestamp, record.Timestamp + spanMs));
        else if (id(record.Key, record.Value) is { } found)
            ForwardFirst(in record, found);
        else
            Drop(DroppedRecords.NullKeyOrValue);
        // By the record's own reference: the clock may be further already, and those in front of it still wait.
        _store.Expire(now);
    }

    private void ForwardFirst(in Record<TKey, TValue> record, TId id)
    {
        _found.Clear();
        _store.Find(id, record.Timestamp - spanMs + 1, record.Timestamp + spanMs - 1, _found);
        if (_found.Count > 0)
            return;
        _store.Put(id, new(record.Timestamp, record.Timestamp), 1, record.Timestamp);
        Forward(in record);
    }
}
