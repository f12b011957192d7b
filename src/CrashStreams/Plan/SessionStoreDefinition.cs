using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A session store.</summary>
internal sealed class SessionStoreDefinition<TKey, TValue>(
    string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, long retentionMs, bool isLogged, bool isEndOrdered = false)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    public Serde<TKey> KeySerde => keySerde!;

    public Serde<TValue> ValueSerde => valueSerde!;

    public override IReadOnlyList<object?> Serdes => [keySerde, valueSerde];

    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => WindowChangelog.Configs(clock, retentionMs);

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
        if (retentionMs < 0)
            faults.Add($"Store '{Name}': a retention of {retentionMs} ms is negative.");
    }

    // With watermarks a session is open as long as the clock is at its end + gap + grace: its end belongs to it.
    public override IStateStore Create(StoreContext context) => new SessionStore<TKey, TValue>(
        Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), context.Clock.Mode == StreamTime.Watermarks ? retentionMs + 1 : retentionMs, isEndOrdered, context);
}
