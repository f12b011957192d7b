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

    // With a clock that is committed, a task that comes back after a while, or reads an old input, goes on where it was: versions are needed that the broker's clock has long passed. Twice as long as
    // topics are kept by default (7 days).
    private const long AdditionalLagOfWatermarksMs = 14 * AdditionalLagMs;

    public Serde<TKey> KeySerde => keySerde!;

    public override IReadOnlyList<object?> Serdes => [keySerde, valueSerde];

    public Serde<TValue> ValueSerde => valueSerde!;

    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["min.compaction.lag.ms"] = (historyMs + (clock == StreamTime.Watermarks ? AdditionalLagOfWatermarksMs : AdditionalLagMs)).ToString(CultureInfo.InvariantCulture),
    };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
        if (historyMs < 0)
            faults.Add($"Store '{Name}': a history of {historyMs} ms is negative.");
    }

    public override IStateStore Create(StoreContext context) => new VersionedStore<TKey, TValue>(Name, keySerde!.InStore(Name, context.ChangelogTopic, isKey: true), valueSerde!.InStore(Name, context.ChangelogTopic, isKey: false), historyMs, context);
}
