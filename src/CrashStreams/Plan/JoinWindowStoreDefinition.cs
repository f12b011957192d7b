using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>The store of one side of a stream-stream join.</summary>
internal sealed class JoinWindowStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, JoinWindows windows, bool isLogged)
    : StoreDefinition(name, isLogged)
    where TKey : notnull
{
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => WindowChangelog.Configs(clock, windows.RetentionMs);

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => new JoinWindowStore<TKey, TValue>(
        Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false),
        context.Clock.Mode == StreamTime.Watermarks ? windows.HeldMs : windows.RetentionMs, context);
}
