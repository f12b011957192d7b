using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The store of a sliding aggregation.</summary>
internal sealed class SlidingWindowStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, long sizeMs, long retentionMs, bool isLogged)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    // With watermarks a record may be as late as that all its windows but the last are closed, and looks for the record before it, which may be that much earlier: in the window that ends with it.
    private const long WithWatermarksMs = 2;

    public Serde<TKey> KeySerde => keySerde!;

    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => WindowChangelog.Configs(clock, retentionMs);

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new SlidingWindowStore<TKey, TValue>(
        Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), sizeMs,
        context.Clock.Mode == StreamTime.Watermarks ? retentionMs + WithWatermarksMs : retentionMs, context);
}
