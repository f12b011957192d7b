using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The buffer of a stream-table join with a grace period.</summary>
internal sealed class GraceBufferDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, bool isLogged)
    : StoreDefinition(name, isLogged)
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new GraceBuffer<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), context);
}
