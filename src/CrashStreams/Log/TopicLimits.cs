using System.Globalization;

namespace CrashStreams.Log;

/// <summary>
/// Which records a topic refuses by its settings. A broker refuses a whole batch for one record in it, so such records are better not sent.
/// </summary>
internal sealed record TopicLimits
{
    private const long Unlimited = long.MaxValue;

    /// <summary>A topic whose settings are not known: the broker's answer tells.</summary>
    public static TopicLimits None { get; } = new();

    /// <summary><c>max.message.bytes</c>: the largest batch, as compressed.</summary>
    public long MaxBatchBytes { get; init; } = Unlimited;

    /// <summary><c>message.timestamp.before.max.ms</c> (KIP-937): how far a record's time may be behind the broker's clock.</summary>
    public long MaxBehindMs { get; init; } = Unlimited;

    /// <summary><c>message.timestamp.after.max.ms</c> (KIP-937): how far it may be ahead; one hour unless the topic says otherwise.</summary>
    public long MaxAheadMs { get; init; } = Unlimited;

    /// <summary>Whether compaction needs a key in every record.</summary>
    public bool NeedsKey { get; init; }

    /// <summary>Whether all record times are taken.</summary>
    public bool TakesAnyTime => MaxBehindMs == Unlimited && MaxAheadMs == Unlimited;

    /// <summary>Reads a topic's effective settings; those that are missing limit nothing.</summary>
    public static TopicLimits Of(IReadOnlyDictionary<string, string> configs)
    {
        // The broker stamps the records itself then.
        var hasOwnTimes = configs.GetValueOrDefault("message.timestamp.type") != "LogAppendTime";
        return new()
        {
            MaxBatchBytes = Number(configs, "max.message.bytes"),
            MaxBehindMs = hasOwnTimes ? Number(configs, "message.timestamp.before.max.ms") : Unlimited,
            MaxAheadMs = hasOwnTimes ? Number(configs, "message.timestamp.after.max.ms") : Unlimited,
            NeedsKey = configs.GetValueOrDefault("cleanup.policy")?.Contains("compact", StringComparison.Ordinal) ?? false,
        };
    }

    /// <summary>Why the topic refuses a record; null when its settings don't.</summary>
    /// <param name="record">The record.</param>
    /// <param name="nowMs">The wall clock.</param>
    /// <param name="isCompressed">Whether its size on the wire is not known before it is compressed.</param>
    public string? Refusal(in LogRecord record, long nowMs, bool isCompressed)
    {
        if (NeedsKey && !record.HasKey)
            return "the topic is compacted (cleanup.policy), which needs a key in every record, and the record has none";
        if (record.Timestamp >= 0 && record.Timestamp - nowMs > MaxAheadMs)
            return $"its time {Time(record.Timestamp)} is more than {MaxAheadMs} ms ahead of the clock (message.timestamp.after.max.ms)";
        if (record.Timestamp >= 0 && nowMs - record.Timestamp > MaxBehindMs)
            return $"its time {Time(record.Timestamp)} is more than {MaxBehindMs} ms behind the clock (message.timestamp.before.max.ms)";
        if (!isCompressed && MaxBatchBytes != Unlimited && RecordSize.OfBatch(in record) is var size && size > MaxBatchBytes)
            return $"it takes {size} bytes and max.message.bytes is {MaxBatchBytes}";
        return null;
    }

    /// <summary>The time nearest to a record's own with which the topic takes it.</summary>
    public long Fit(long timestampMs, long nowMs)
    {
        // A record without a time gets that of the client.
        if (timestampMs < 0)
            return timestampMs;
        var earliest = MaxBehindMs > nowMs ? 0 : nowMs - MaxBehindMs;
        var latest = MaxAheadMs > long.MaxValue - nowMs ? long.MaxValue : nowMs + MaxAheadMs;
        return Math.Clamp(timestampMs, earliest, latest);
    }

    private static long Number(IReadOnlyDictionary<string, string> configs, string name) =>
        configs.TryGetValue(name, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= 0 ? value : Unlimited;

    private static string Time(long timestampMs) => timestampMs <= 253_402_300_799_999
        ? DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)
        : $"{timestampMs} ms";
}
