using System.Diagnostics.Metrics;

namespace CrashStreams.Faults;

/// <summary>Counts what a task did not process, by reason: nothing is dropped silently.</summary>
internal sealed class DroppedRecords(RecordInProcess current)
{
    public const string Late = "late";
    public const string NullKey = "null-key";
    public const string NullKeyOrValue = "null-key-or-value";
    /// <summary>An update of a versioned table that lies before its history.</summary>
    public const string ExpiredVersion = "expired-version";

    public const string NullJoinKeyOrValue = "null-join-key-or-value";
    public const string NegativeTimestamp = "negative-timestamp";
    public const string Future = "future";
    public const string LateAfterIdle = "late-after-idle";
    public const string Replayed = "replayed";

    /// <summary>A tombstone of a value type, at a function that makes something else of the value than another value (a key, a topic).</summary>
    public const string AbsentValue = "absent-value";

    /// <summary>Kafka Streams neither logs nor counts these.</summary>
    public const string RepartitionNullKey = "repartition-null-key";

    private static readonly Counter<long> _metric = StreamsMetrics.Meter.CreateCounter<long>(
        "crashstreams.records.dropped", unit: "{record}", description: "Records that were not processed, by reason, node and the topic that the task read them from.");

    private readonly Dictionary<string, long> _byReason = [];

    public IReadOnlyDictionary<string, long> ByReason => _byReason;

    public void Count(string reason, string node)
    {
        _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
        _metric.Add(1, new("reason", reason), new("node", node), new("topic", current.Topic));
    }
}
