using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>Drops records that were there before within a span of event time.</summary>
internal sealed class DistinctNode<TKey, TValue, TId>(
    string name, StoreDefinition store, Func<TKey, TValue, TId> id, bool looksAtValue, long spanMs, Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    : TopologyNode<TKey, TValue>(name), ITimeSpanNode
{
    private readonly InOrder<TKey, TValue> _inOrder = new(name, keySerde, valueSerde);

    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    // A record waits until the clock is past it.
    public long SpanMs => 1;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => [store, .. _inOrder.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        store.Validate(faults);
        _inOrder.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = new DistinctWithin<TKey, TValue, TId>(store.Name, id, looksAtValue, spanMs);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return _inOrder.Before(processor, this, task);
    }
}
