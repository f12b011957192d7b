using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A key-value store: timestamped behind an aggregation, plain where a processor uses it.</summary>
internal sealed class KeyValueStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, bool isTimestamped, bool isLogged)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    public Serde<TKey> KeySerde => keySerde!;

    public override IReadOnlyList<object?> Serdes => [keySerde, valueSerde];

    public override string Shape => isTimestamped ? $"Timestamped{base.Shape}" : base.Shape;

    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string> { ["cleanup.policy"] = "compact" };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
    }

    public override IStateStore Create(StoreContext context) => KeyValueStore<TKey, TValue>.Create(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), isTimestamped, context);
}
