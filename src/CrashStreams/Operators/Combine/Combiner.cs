using System.Runtime.InteropServices;
using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// Makes few records of many in front of a shuffle: of those between two commits one for each key and pane, a span of time whose records are in the same windows. Nothing is stored: what a crash takes
/// is read again. A record that might be late goes on by itself, so that it is judged behind the shuffle, and counted there, as without a combiner.
/// </summary>
/// <param name="keySerde">Tells keys apart.</param>
/// <param name="mostKeys">With more keys and panes all are forwarded.</param>
internal abstract class Combiner<TKey, TValue, TPartial>(Serde<TKey> keySerde, int mostKeys) : Processor<TKey, TValue, TKey, TPartial>, IEmitsAtCommit
{
    private readonly Dictionary<(TKey Key, long Pane), int> _places = new(keySerde.EqualityIsThatOfBytes ? null : new PaneKeyComparer<TKey>(keySerde));
    private readonly List<Partial> _partials = [];

    public sealed override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey || record.ValueCannotBeShown || (!record.HasValue && !FoldsNull))
        {
            Forward(record.WithoutValue<TPartial>());
            return;
        }

        // The Observed clock is moved by each record, and judges by it.
        if (Task.Clock.Mode == StreamTime.Observed || DroppedRecords.ReasonOf(record.Timestamp) is not null || IsLate(record.Timestamp, Task.Clock.RecordWatermark))
            ForwardAlone(in record);
        else
            Add(in record);
    }

    public void EmitPending()
    {
        foreach (ref readonly var partial in CollectionsMarshal.AsSpan(_partials))
            Emit(in partial);
        _partials.Clear();
        _places.Clear();
        Task.Current.Clear();
    }

    protected override void Close()
    {
        _partials.Clear();
        _places.Clear();
    }

    /// <summary>Whether a null is a value for the fold.</summary>
    protected virtual bool FoldsNull => false;

    /// <summary>Whether a record's order among the others matters: it may be late, or a window may be closed for it.</summary>
    protected abstract bool IsLate(long timestamp, long watermark);

    /// <summary>The pane of a time.</summary>
    protected abstract long PaneOf(long timestamp);

    /// <summary>Begins a partial aggregate.</summary>
    protected abstract TPartial Begin(in Record<TKey, TValue> record);

    /// <summary>Takes a record into a partial aggregate.</summary>
    protected abstract void Fold(in Record<TKey, TValue> record, ref Partial partial);

    /// <summary>Whether a partial aggregate can still take records that are read at a watermark.</summary>
    protected virtual bool MayGrow(in Partial partial, long watermark) => true;

    /// <summary>Forwards what was made of the records of a key and pane.</summary>
    protected virtual void ForwardPartial(in Partial partial) => Forward(new(partial.Key, partial.Aggregate, partial.Timestamp, partial.Headers));

    /// <summary>Called before a record goes on by itself.</summary>
    protected virtual void BeforeForwardingAlone()
    {
    }

    /// <summary>Forwards all that is held, in the middle of another record.</summary>
    protected void EmitEarly()
    {
        if (_partials.Count == 0)
            return;
        var (origin, time, watermark) = (Task.Current.Keep(), Task.Clock.RecordTime, Task.Clock.RecordWatermark);
        EmitPending();
        Task.Current.Restore(origin, hasWaited: false);
        Task.Clock.Resume(time, watermark);
    }

    private void ForwardAlone(in Record<TKey, TValue> record)
    {
        BeforeForwardingAlone();
        Forward(record.WithValue(Begin(in record)));
    }

    private void Add(in Record<TKey, TValue> record)
    {
        var watermark = Task.Clock.RecordWatermark;
        var id = (record.Key, PaneOf(record.Timestamp));
        if (_places.TryGetValue(id, out var place))
        {
            ref var known = ref CollectionsMarshal.AsSpan(_partials)[place];
            if (MayGrow(in known, watermark))
            {
                Fold(in record, ref known);
                (known.Watermark, known.Headers) = (watermark, null);
                return;
            }
        }

        // One that can't grow any more keeps its place in the order.
        if (_partials.Count >= mostKeys)
            EmitEarly();
        var begun = new Partial(record.Key, Begin(in record), record.Timestamp) { Watermark = watermark, Headers = record.Headers };
        _places[id] = _partials.Count;
        _partials.Add(begun);
    }

    private void Emit(in Partial partial)
    {
        Task.Current.Clear();
        Task.Clock.Resume(partial.Timestamp, partial.Watermark);
        try
        {
            ForwardPartial(in partial);
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            Task.Fault(FaultKind.Processing, e.GetType().Name, e);
        }
    }

    /// <summary>What was made of the records of a key and pane.</summary>
    protected struct Partial(TKey key, TPartial aggregate, long timestamp)
    {
        public TKey Key { get; } = key;

        public TPartial Aggregate { get; set; } = aggregate;

        /// <summary>The latest time of its records.</summary>
        public long Timestamp { get; set; } = timestamp;

        /// <summary>By which the record that came last is judged.</summary>
        public long Watermark { get; set; }

        /// <summary>Those of its only record.</summary>
        public Headers? Headers { get; set; }

        /// <summary>Sessions: of the earliest record, which is not in <see cref="Aggregate"/> when there are others.</summary>
        public (TPartial Aggregate, long Timestamp)? Earliest { get; set; }
    }
}
