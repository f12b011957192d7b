using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Faults;

/// <summary>Counts what a task did not process, by reason: nothing is dropped silently.</summary>
internal sealed class DroppedRecords(RecordInProcess current, ApplicationMeter meter)
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

    /// <summary>A row that names no row of the other table, in an inner foreign-key join.</summary>
    public const string NullForeignKey = "null-foreign-key";

    /// <summary>The answer to a foreign-key join's left value that has changed since.</summary>
    public const string StaleResponse = "stale-response";

    /// <summary>An update of a versioned table that is older than what the table holds, at an operator that knows only the latest row.</summary>
    public const string SupersededVersion = "superseded-version";

    /// <summary>A tombstone of a value type, at a function that makes something else of the value than another value (a key, a topic).</summary>
    public const string AbsentValue = "absent-value";

    /// <summary>Kafka Streams neither logs nor counts these.</summary>
    public const string RepartitionNullKey = "repartition-null-key";

    private readonly Dictionary<string, long> _byReason = [];

    /// <summary>Why no window takes a record of this time, milliseconds: an operator in front may give a record any. Null when there is nothing wrong with it.</summary>
    public static string? ReasonOf(long timestampMs) => EventTime.IsValid(timestampMs) ? null : timestampMs < 0 ? NegativeTimestamp : Future;

    public IReadOnlyDictionary<string, long> ByReason => _byReason;

    public void Count(string reason, string node)
    {
        _byReason[reason] = _byReason.GetValueOrDefault(reason) + 1;
        meter.Dropped(reason, node, current.Topic);
        if (current.Activity is { } activity)
            RecordTrace.Dropped(activity, reason, node);
    }
}
