using CrashStreams.Operators;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>Marks a suppression.</summary>
internal interface ISuppressNode
{
    /// <summary>
    /// Whether the aggregation in front gives the final results itself, so that nothing is buffered twice. With the Observed clock never: there
    /// the buffer and its changelog are Kafka Streams' own.
    /// </summary>
    bool IsFused(StreamTime mode);
}

/// <summary>Holds a table's updates back, until its windows close or for a time.</summary>
internal sealed class SuppressNode<TKey, TValue>(string name, StoreDefinition store, Func<TKey, Window>? windowOf, Suppressed suppressed, long graceMs)
    : TopologyNode<TKey, Change<TValue>>(name), ISuppressNode, ITimeSpanNode
{
    // Until its windows close the aggregation in front waits as well.
    public long SpanMs => suppressed.LimitMs ?? 0;

    public override IReadOnlyList<StoreDefinition> Stores { get; } = [store];

    public override IEnumerable<StoreDefinition> StoresFor(StreamTime mode) => IsFused(mode) ? [] : Stores;

    public override void Validate(ICollection<string> faults) => store.Validate(faults);

    public bool IsFused(StreamTime mode) =>
        mode == StreamTime.Watermarks && suppressed is { HasLimits: false, LimitMs: null } && Parents.All(p => p is IWindowAggregateNode);

    public override object Create(IOperatorBuilder task)
    {
        Processor<TKey, Change<TValue>, TKey, Change<TValue>> processor = IsFused(task.Options.Time.Clock)
            ? new PassThrough<TKey, Change<TValue>>()
            : new Suppress<TKey, TValue>(store.Name, windowOf, suppressed, graceMs);
        processor.Attach(task.ContextFor(this));
        processor.ConnectTo(CreateChildren(task));
        task.Add(processor);
        return processor;
    }
}

/// <summary>The buffer of a suppression.</summary>
internal sealed class SuppressStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, bool measuresBytes) : StoreDefinition(name, isLogged: true)
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new SuppressBuffer<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), measuresBytes, context);
}
