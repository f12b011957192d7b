using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>
/// Holds the updates of a table back until the next commit, as Kafka Streams' record cache does: of each key the last one is forwarded, with the value that the table had before the first, in the order
/// of the last updates. A fuller cache forwards its oldest early. Of a row that came and went in between nothing is forwarded.
/// </summary>
internal sealed class CommitCache<TKey, TValue>(Serde<TKey> keySerde, int mostKeys) : Processor<TKey, Change<TValue>, TKey, Change<TValue>>, IEmitsAtCommit
{
    private readonly Dictionary<SerializedKey, LinkedListNode<Pending>> _byKey = [];
    private readonly LinkedList<Pending> _pending = [];
    private readonly ByteBuffer _key = new();

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        _key.Clear();
        keySerde.Serialize(record.Key, _key);
        var key = new SerializedKey(_key.Written.ToArray());
        var (before, hasBefore) = (record.Value.Before, record.Value.HasBefore);
        if (_byKey.Remove(key, out var waiting))
        {
            (before, hasBefore) = (waiting.Value.Record.Value.Before, waiting.Value.Record.Value.HasBefore);
            _pending.Remove(waiting);
        }

        var change = new Change<TValue>(record.Value.Now, record.Value.HasNow, before, hasBefore, record.Value.IsLatest);
        _byKey[key] = _pending.AddLast(new Pending(key, record.WithValue(change), Task.Clock.RecordTime, Task.Clock.RecordWatermark));
        if (_byKey.Count > mostKeys)
            EmitOldestEarly();
    }

    public void EmitPending()
    {
        while (_pending.First is { } oldest)
            Emit(oldest.Value);
        Task.Current.Clear();
    }

    protected override void Close()
    {
        _pending.Clear();
        _byKey.Clear();
    }

    private void EmitOldestEarly()
    {
        var (origin, time, watermark) = (Task.Current.Keep(), Task.Clock.RecordTime, Task.Clock.RecordWatermark);
        Emit(_pending.First!.Value);
        Task.Current.Restore(origin, hasWaited: false);
        Task.Clock.Resume(time, watermark);
    }

    private void Emit(Pending pending)
    {
        _pending.RemoveFirst();
        _byKey.Remove(pending.Key);
        if (pending.Record.Value is { HasNow: false, HasBefore: false })
            return;
        Task.Current.Clear();
        Task.Clock.Resume(pending.RecordTime, pending.RecordWatermark);
        ForwardGuarded(in pending.Record);
    }

    private sealed class Pending(SerializedKey key, Record<TKey, Change<TValue>> record, long recordTime, long recordWatermark)
    {
        public readonly Record<TKey, Change<TValue>> Record = record;

        public SerializedKey Key => key;

        public long RecordTime => recordTime;

        public long RecordWatermark => recordWatermark;
    }
}
