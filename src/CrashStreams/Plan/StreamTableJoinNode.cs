using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>
/// A join of a stream with a table. Where the table keeps its history and with the Watermarks clock, stream records are answered in the order of event time, once everything that they may see has been read.
/// </summary>
internal sealed class StreamTableJoinNode<TKey, TValue, TResult>(
    string name, IReadOnlyList<StoreDefinition> stores, bool isVersioned, long graceMs, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, Func<Processor<TKey, TValue, TKey, TResult>> create)
    : TopologyNode<TKey, TResult>(name), ITimeSpanNode
{
    private readonly InOrder<TKey, TValue>? _inOrder = isVersioned ? new(name, keySerde, valueSerde) : null;

    public override IReadOnlyList<StoreDefinition> Stores => stores;

    public long SpanMs => graceMs;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => _inOrder is null ? stores : [.. stores, .. _inOrder.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        foreach (var store in stores)
            store.Validate(faults);
        _inOrder?.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = create();
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return _inOrder is null ? processor : _inOrder.Before(processor, this, task);
    }
}
