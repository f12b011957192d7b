using CrashStreams.Operators;

namespace CrashStreams.Plan;

/// <summary>An aggregation whose windows are each key's own, sessions or sliding windows: its result depends on the order of its input.</summary>
/// <param name="name">The node's name.</param>
/// <param name="store">The windows.</param>
/// <param name="input">Its input in the order of event time.</param>
/// <param name="spanMs">How far event time has to go beyond a record for all of its windows to close.</param>
/// <param name="create">Makes the operator.</param>
/// <param name="number">Of several inputs that are folded into one store: which this is. They are in one order.</param>
internal sealed class KeyWindowAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, InOrder<TKey, TValue> input, long spanMs, Func<KeyWindowAggregate<TKey, TValue, TAggregate>> create, int number = 0)
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
        return input.Before(processor, this, task, task.Shared(store, static () => new OrderedInputs()), number);
    }
}
