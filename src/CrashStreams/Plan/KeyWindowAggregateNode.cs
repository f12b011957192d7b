using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>An aggregation whose windows are each key's own, sessions or sliding windows: its result depends on the order of its input.</summary>
internal sealed class KeyWindowAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, InOrder<TKey, TValue> input, long spanMs, Func<KeyWindowAggregate<TKey, TValue, TAggregate>> create)
    : TopologyNode<Windowed<TKey>, Change<TAggregate>>(name), ITimeSpanNode
{
    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    public long SpanMs => spanMs;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => [store, .. input.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        store.Validate(faults);
        input.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = create();
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return input.Before(processor, this, task);
    }
}
