using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>One side of a stream-stream join; both sides of a task share a tracker.</summary>
internal sealed class StreamJoinNode<TKey, TThis, TResult>(
    string name, IReadOnlyList<StoreDefinition> stores, object shared, Func<JoinTracker, Processor<TKey, TThis, TKey, TResult>> create, long spanMs)
    : TopologyNode<TKey, TResult>(name), ITimeSpanNode
{
    public override IReadOnlyList<StoreDefinition> Stores => stores;

    public long SpanMs => spanMs;

    public override void Validate(ICollection<string> faults)
    {
        foreach (var store in stores)
            store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task)
    {
        var processor = create(task.Shared(shared, static () => new JoinTracker()));
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return processor;
    }
}
