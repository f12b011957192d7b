using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>An aggregation of sessions.</summary>
internal sealed class SessionAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, SessionWindows windows, SessionFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate,
    Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    : TopologyNode<Windowed<TKey>, Change<TAggregate>>(name), ITimeSpanNode
{
    private readonly InOrder<TKey, TValue> _inOrder = new(name, keySerde, valueSerde);

    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    public long SpanMs => windows.SpanMs + 1;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => [store, .. _inOrder.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        store.Validate(faults);
        _inOrder.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = new SessionAggregate<TKey, TValue, TAggregate>(store.Name, windows, fold, onlyFinal, onLate);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return _inOrder.Before(processor, this, task);
    }
}
