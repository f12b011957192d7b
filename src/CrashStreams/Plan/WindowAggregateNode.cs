using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

#pragma warning disable CS8714 // A record without key is dropped before it reaches the store.

/// <summary>Marks an operator that holds results back in event time.</summary>
internal interface ITimeSpanNode
{
    /// <summary>How far event time has to go beyond a record for its effects here to be final.</summary>
    long SpanMs { get; }
}

/// <summary>Marks a windowed aggregation, which can give final results itself.</summary>
internal interface IWindowAggregateNode : ITimeSpanNode;

/// <summary>A windowed aggregation: knows which children get every update and which only final results.</summary>
internal sealed class WindowAggregateNode<TKey, TValue, TAggregate>(
    string name, StoreDefinition store, StoreDefinition? corrections, Windowing windowing, WindowFold<TKey, TValue, TAggregate> fold)
    : TopologyNode<Windowed<TKey>, Change<TAggregate>>(name), IWindowAggregateNode
{
    /// <summary>Holds updates back; final results are never held back. Null: every update is forwarded.</summary>
    public Func<Processor<Windowed<TKey>, Change<TAggregate>, Windowed<TKey>, Change<TAggregate>>>? Cache { get; init; }

    public override IReadOnlyList<StoreDefinition> Stores { get; } = corrections is null ? [store] : [store, corrections];

    public long SpanMs => windowing.SpanMs;

    public override void Validate(ICollection<string> faults)
    {
        store.Validate(faults);
        if (corrections is not null && windowing.Emit != EmitStrategy.OnWindowClose && !Children.Any(c => WantsFinals(c, StreamTime.Watermarks)))
            faults.Add($"'{Name}' is to correct its results but forwards updates: add Emit(OnWindowClose), or Suppress right behind it.");
    }

    public override object Create(IOperatorBuilder task)
    {
        var mode = task.Options.Time.Clock;
        if (corrections is not null && mode != StreamTime.Watermarks)
            throw new TopologyException($"'{Name}' is to correct its results, which needs the Watermarks clock.");
        var processor = new WindowAggregate<TKey, TValue, TAggregate>(store.Name, corrections?.Name, windowing, fold);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(Cached(Cache, CreateChildren(task, c => !WantsFinals(c, mode)), task), CreateChildren(task, c => WantsFinals(c, mode)));
        task.Add(processor);
        return processor;
    }

    private bool WantsFinals(TopologyNode child, StreamTime mode) =>
        windowing.Emit == EmitStrategy.OnWindowClose || (child is ISuppressNode suppress && suppress.IsFused(mode));
}
