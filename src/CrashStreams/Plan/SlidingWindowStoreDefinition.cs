using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The store of a sliding aggregation.</summary>
internal sealed class SlidingWindowStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, long sizeMs, long retentionMs, bool isLogged)
    : StoreDefinition(name, isLogged)
    where TKey : notnull
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => WindowChangelog.Configs(clock, retentionMs);

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new SlidingWindowStore<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), sizeMs, retentionMs, context);
}
