using CrashStreams.Processors;
using CrashStreams.Runtime;

namespace CrashStreams.Topologies;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>Marks a windowed aggregation, which can give final results itself.</summary>
internal interface IWindowAggregateNode
{
    /// <summary>From a window's start to its closing: size + grace.</summary>
    long SpanMs { get; }
}

/// <summary>A windowed aggregation: knows which children get every update and which only final results.</summary>
internal sealed class WindowAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, TimeWindows windows, EmitStrategy emit,
    Func<TAggregate>? initializer, Func<TKey, TValue, TAggregate, TAggregate> aggregator, Func<TValue, TAggregate>? first, Action<LateRecord>? onLate)
    : TopologyNode<Windowed<TKey>, Change<TAggregate>>(name), IWindowAggregateNode
{
    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    public long SpanMs => windows.SizeMs + windows.GraceMs;

    public override void Validate(ICollection<string> faults) => store.Validate(faults);

    public override object Create(TaskBuilder task)
    {
        var mode = task.Context.Options.StreamTime;
        var processor = new WindowAggregate<TKey, TValue, TAggregate>(store.Name, windows, initializer, aggregator, first, onLate);
        processor.Attach(Name, task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task, c => !WantsFinals(c)), CreateChildren(task, WantsFinals));
        task.Add(processor);
        return processor;

        bool WantsFinals(TopologyNode child) => emit == EmitStrategy.OnWindowClose || child is ISuppressNode suppress && suppress.IsFused(mode);
    }
}
