using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A window store.</summary>
internal sealed class WindowStoreDefinition<TKey, TValue>(
    string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, IWindowEnds windows, long longestMs, long retentionMs, bool isLogged)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    public Serde<TKey> KeySerde => keySerde!;

    public override IReadOnlyList<object?> Serdes => [keySerde, valueSerde];

    public override string Shape => $"{base.Shape} of {windows.Shape}";

    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => WindowChangelog.Configs(clock, retentionMs);

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
        if (longestMs < 1)
            faults.Add($"Store '{Name}': a window of {longestMs} ms; choose at least one millisecond.");
        else if (retentionMs < longestMs)
            faults.Add($"Store '{Name}': a retention of {retentionMs} ms is shorter than its window of {longestMs} ms.");
    }

    public override IStateStore Create(StoreContext context) =>
        WindowStore<TKey, TValue>.Create(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), windows, retentionMs, context);
}
