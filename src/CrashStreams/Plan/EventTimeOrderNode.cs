using CrashStreams.Operators;
using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>Puts a stream into the order of event time.</summary>
internal sealed class EventTimeOrderNode<TKey, TValue>(string name, StoreDefinition store)
    : ProcessorNode<TKey, TValue, TKey, TValue>(name, () => new EventTimeOrder<TKey, TValue>(store.Name), [store]), ITimeSpanNode
{
    // A record goes on once the clock is past it.
    public long SpanMs => 1;

    public override object Create(IOperatorBuilder task) => task.Options.Time.Clock == StreamTime.Watermarks
        ? base.Create(task)
        : throw new TopologyException($"'{Name}' puts records into the order of event time, which needs the Watermarks clock.");
}

/// <summary>The records that wait for their turn.</summary>
internal sealed class InputOrderDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde) : StoreDefinition(name, isLogged: true)
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new InputOrder<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), context);
}
