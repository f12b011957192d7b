using System.Globalization;
using CrashStreams.Broker.Log;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Topics;

/// <summary>
/// The topic configs that are honoured. A key that is not here is refused: a setting that was accepted and ignored is
/// worse than an error. Where one node leaves nothing to choose, only the value that is true of it is allowed.
/// </summary>
internal static class TopicConfigKeys
{
    private static readonly LogConfig Defaults = LogConfig.Default;

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        new("cleanup.policy", ConfigType.List, "delete", "a list of delete and compact", ApplyCleanupPolicy),
        new("compression.type", ConfigType.String, "producer", "one of producer, uncompressed, gzip, snappy, lz4, zstd", ApplyCompression),
        ConfigKey.Long("delete.retention.ms", Defaults.DeleteRetentionMs, 0, (log, ms) => log with { DeleteRetentionMs = ms }),
        ConfigKey.Integer("index.interval.bytes", Defaults.IndexIntervalBytes, 0, (log, bytes) => log with { IndexIntervalBytes = bytes }),
        ConfigKey.Long("max.compaction.lag.ms", Defaults.MaxCompactionLagMs, 1, (log, ms) => log with { MaxCompactionLagMs = ms }),
        ConfigKey.Integer("max.message.bytes", Defaults.MaxMessageBytes, 0, (log, bytes) => log with { MaxMessageBytes = bytes }),
        ConfigKey.Long("message.timestamp.after.max.ms", Defaults.TimestampAfterMaxMs, 0, (log, ms) => log with { TimestampAfterMaxMs = ms }),
        ConfigKey.Long("message.timestamp.before.max.ms", Defaults.TimestampBeforeMaxMs, 0, (log, ms) => log with { TimestampBeforeMaxMs = ms }),
        ConfigKey.Choice("message.timestamp.type", "CreateTime", ["CreateTime", "LogAppendTime"], (log, type) => log with { LogAppendTime = type == "LogAppendTime" }),
        new("min.cleanable.dirty.ratio", ConfigType.Double, "0.5", "a number from 0 to 1", ApplyDirtyRatio),
        ConfigKey.Long("min.compaction.lag.ms", Defaults.MinCompactionLagMs, 0, (log, ms) => log with { MinCompactionLagMs = ms }),
        ConfigKey.Integer(MinInSyncReplicas, 1, 1, (log, _) => log),
        ConfigKey.Choice("preallocate", "false", ["false"], (log, _) => log) with { Type = ConfigType.Boolean },
        ConfigKey.Choice("remote.storage.enable", "false", ["false"], (log, _) => log) with { Type = ConfigType.Boolean },
        ConfigKey.Long("retention.bytes", Defaults.RetentionBytes, -1, (log, bytes) => log with { RetentionBytes = bytes }),
        ConfigKey.Long("retention.ms", Defaults.RetentionMs, -1, (log, ms) => log with { RetentionMs = ms }),
        ConfigKey.Integer("segment.bytes", Defaults.SegmentBytes, 1024, (log, bytes) => log with { SegmentBytes = bytes }),
        ConfigKey.Long("segment.jitter.ms", 0, 0, (log, _) => log) with { Rule = "0", Apply = (log, text) => text == "0" ? log : null },
        ConfigKey.Long("segment.ms", Defaults.SegmentMs, 1, (log, ms) => log with { SegmentMs = ms }),
        ConfigKey.Choice("unclean.leader.election.enable", "false", ["true", "false"], (log, _) => log) with { Type = ConfigType.Boolean },
    ];

    /// <summary>More than the one replica there is makes acks=all fail, as it does in Kafka.</summary>
    public const string MinInSyncReplicas = "min.insync.replicas";

    private static readonly Dictionary<string, ConfigKey> ByName = All.ToDictionary(key => key.Name);

    public static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    private static LogConfig? ApplyCleanupPolicy(LogConfig log, string text)
    {
        var policies = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return policies.Length > 0 && policies.All(policy => policy is "delete" or "compact")
            ? log with { Delete = policies.Contains("delete"), Compact = policies.Contains("compact") }
            : null;
    }

    private static LogConfig? ApplyCompression(LogConfig log, string text) => text switch
    {
        "producer" => log with { Compression = null },
        "uncompressed" => log with { Compression = CompressionCodec.None },
        "gzip" => log with { Compression = CompressionCodec.Gzip },
        "snappy" => log with { Compression = CompressionCodec.Snappy },
        "lz4" => log with { Compression = CompressionCodec.Lz4 },
        "zstd" => log with { Compression = CompressionCodec.Zstd },
        _ => null,
    };

    private static LogConfig? ApplyDirtyRatio(LogConfig log, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? log with { MinCleanableDirtyRatio = ratio }
            : null;
}
