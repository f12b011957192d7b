using System.Globalization;
using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A versioned store.</summary>
internal sealed class VersionedStoreDefinition<TKey, TValue>(string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, long historyMs, bool isLogged)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    // As Kafka Streams: the broker's clock may run ahead of event time.
    private const long AdditionalLagMs = 24 * 60 * 60 * 1000;

    public Serde<TKey> KeySerde => keySerde!;

    public override IReadOnlyList<object?> Serdes => [keySerde, valueSerde];

    public Serde<TValue> ValueSerde => valueSerde!;

    // With the Watermarks clock each version has a key of its own, and compaction finds nothing that is needed.
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock)
    {
        var configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" };
        if (clock == StreamTime.Observed)
            configs["min.compaction.lag.ms"] = (historyMs + AdditionalLagMs).ToString(CultureInfo.InvariantCulture);
        return configs;
    }

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
        if (historyMs < 0)
            faults.Add($"Store '{Name}': a history of {historyMs} ms is negative.");
    }

    public override IStateStore Create(StoreContext context) => new VersionedStore<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), historyMs, context);
}
