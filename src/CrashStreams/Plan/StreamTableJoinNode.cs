using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>
/// A join of a stream with a table. Where the table keeps its history and with the Watermarks clock, stream records are answered in the order of event time, once everything that they may see has been read.
/// </summary>
internal sealed class StreamTableJoinNode<TKey, TValue, TResult>(
    string name, IReadOnlyList<StoreDefinition> stores, InOrder<TKey, TValue>? input, long graceMs, Func<Processor<TKey, TValue, TKey, TResult>> create)
    : TopologyNode<TKey, TResult>(name), ITimeSpanNode
{

    public override IReadOnlyList<StoreDefinition> Stores => stores;

    // A record is answered once the clock is past it and the grace.
    public long SpanMs => input is null ? 0 : graceMs + 1;

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => input is null ? stores : [.. stores, .. input.StoresFor(mode)];

    public override void Validate(ICollection<string> faults)
    {
        foreach (var store in stores)
            store.Validate(faults);
        input?.Store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = create();
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return input is null ? processor : input.Before(processor, this, task);
    }
}
