using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>An aggregation in sliding windows.</summary>
internal sealed class SlidingAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, SlidingWindows windows, WindowFold<TKey, TValue, TAggregate> fold, bool onlyFinal, Action<LateRecord>? onLate,
    Serde<TKey>? keySerde, Serde<TValue>? valueSerde)
    : TopologyNode<Windowed<TKey>, Change<TAggregate>>(name), ITimeSpanNode
{
    private readonly InOrder<TKey, TValue> _inOrder = new(name, keySerde, valueSerde);

    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    public long SpanMs => windows.SpanMs + windows.DifferenceMs + 1;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => [store, .. _inOrder.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        store.Validate(faults);
        _inOrder.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = new SlidingAggregate<TKey, TValue, TAggregate>(store.Name, windows, fold, onlyFinal, onLate);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return _inOrder.Before(processor, this, task);
    }
}
