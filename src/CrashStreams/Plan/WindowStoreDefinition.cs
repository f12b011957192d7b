using System.Globalization;
using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>A window store.</summary>
internal sealed class WindowStoreDefinition<TKey, TValue>(
    string name, Serde<TKey>? keySerde, Serde<TValue>? valueSerde, long windowSizeMs, long retentionMs, bool isLogged)
    : StoreDefinition(name, isLogged), IKeyed<TKey>
    where TKey : notnull
{
    // Kafka Streams' windowstore.changelog.additional.retention.ms: the broker's clock may run ahead of event time.
    private const long AdditionalRetentionMs = 24 * 60 * 60 * 1000;

    public Serde<TKey> KeySerde => keySerde!;

    /// <summary>With the Watermarks clock the application deletes what has expired.</summary>
    public override IReadOnlyDictionary<string, string> ChangelogConfigs(StreamTime clock) => new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact,delete",
        ["retention.ms"] = clock == StreamTime.Watermarks ? "-1" : (retentionMs + AdditionalRetentionMs).ToString(CultureInfo.InvariantCulture),
    };

    public override void Validate(ICollection<string> faults)
    {
        SerdeFault.Check(keySerde, Name, "key", faults);
        SerdeFault.Check(valueSerde, Name, "value", faults);
        if (retentionMs < windowSizeMs)
            faults.Add($"Store '{Name}': a retention of {retentionMs} ms is shorter than its window of {windowSizeMs} ms.");
    }

    public override IStateStore Create(StoreContext context) =>
        new WindowStore<TKey, TValue>(Name, keySerde!, valueSerde!, windowSizeMs, retentionMs, context);
}
