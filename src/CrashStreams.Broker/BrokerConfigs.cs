using System.Globalization;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Topics;
using CrashStreams.Broker.Transactions;

namespace CrashStreams.Broker;

/// <summary>
/// The options, limits and defaults under the names that Kafka's tools know them by, for DescribeConfigs of the broker. Only what is true of this broker is here: what it has not, it does not claim.
/// </summary>
internal static class BrokerConfigs
{
    /// <summary>Topic configs whose defaults Kafka's brokers have under another name.</summary>
    private static readonly Dictionary<string, string> s_brokerNames = new()
    {
        ["cleanup.policy"] = "log.cleanup.policy",
        ["compression.type"] = "compression.type",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
        ["index.interval.bytes"] = "log.index.interval.bytes",
        ["max.compaction.lag.ms"] = "log.cleaner.max.compaction.lag.ms",
        ["max.message.bytes"] = "message.max.bytes",
        ["message.timestamp.after.max.ms"] = "log.message.timestamp.after.max.ms",
        ["message.timestamp.before.max.ms"] = "log.message.timestamp.before.max.ms",
        ["message.timestamp.type"] = "log.message.timestamp.type",
        ["min.cleanable.dirty.ratio"] = "log.cleaner.min.cleanable.ratio",
        ["min.compaction.lag.ms"] = "log.cleaner.min.compaction.lag.ms",
        ["min.insync.replicas"] = "min.insync.replicas",
        ["retention.bytes"] = "log.retention.bytes",
        ["retention.ms"] = "log.retention.ms",
        ["segment.bytes"] = "log.segment.bytes",
        ["segment.ms"] = "log.roll.ms",
        ["unclean.leader.election.enable"] = "unclean.leader.election.enable",
    };

    public static IEnumerable<(string Name, string Value, ConfigType Type)> AsConfigs(this BrokerOptions options, NodeAddress node)
    {
        var (groups, transactions, limits) = (new GroupOptions(), new TransactionOptions(), options.Limits);
        var protocol = (options.Users.Count > 0 ? "SASL_" : "") + (options.Certificate is null ? "PLAINTEXT" : "SSL");
        return new[]
        {
            ("advertised.listeners", $"{protocol}://{node.Host}:{node.Port}", ConfigType.List),
            ("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false", ConfigType.Boolean),
            ("broker.id", Text(node.Id), ConfigType.Int),
            ("connection.failed.authentication.delay.ms", Ms(limits.RefusalDelay), ConfigType.Int),
            ("connections.max.idle.ms", Ms(limits.Idle), ConfigType.Long),
            ("default.replication.factor", "1", ConfigType.Int),
            ("delete.topic.enable", "true", ConfigType.Boolean),
            ("group.consumer.heartbeat.interval.ms", Text(groups.ConsumerHeartbeatIntervalMs), ConfigType.Int),
            ("group.consumer.max.size", Text(groups.MaxMembers), ConfigType.Int),
            ("group.consumer.migration.policy", "bidirectional", ConfigType.String),
            ("group.consumer.session.timeout.ms", Ms(options.ConsumerSessionTimeout), ConfigType.Int),
            ("group.initial.rebalance.delay.ms", Text(groups.InitialRebalanceDelayMs), ConfigType.Int),
            ("group.max.session.timeout.ms", Text(groups.MaxSessionTimeoutMs), ConfigType.Int),
            ("group.max.size", Text(groups.MaxMembers), ConfigType.Int),
            ("group.min.session.timeout.ms", Text(groups.MinSessionTimeoutMs), ConfigType.Int),
            ("listeners", $"{protocol}://{options.Address}:{node.Port}", ConfigType.List),
            ("log.dirs", options.DataDirectory ?? "memory", ConfigType.List),
            ("log.retention.check.interval.ms", Ms(options.LogCareInterval), ConfigType.Long),
            ("max.connections", Text(limits.Connections), ConfigType.Int),
            ("node.id", Text(node.Id), ConfigType.Int),
            ("num.partitions", Text(options.DefaultPartitions), ConfigType.Int),
            ("offset.metadata.max.bytes", Text(groups.MaxOffsetMetadataBytes), ConfigType.Int),
            ("offsets.retention.check.interval.ms", Text(groups.OffsetExpirationCheckMs), ConfigType.Long),
            ("offsets.retention.minutes", Text(groups.OffsetRetentionMs / 60_000), ConfigType.Int),
            ("process.roles", "broker,controller", ConfigType.List),
            ("sasl.enabled.mechanisms", options.Users.Count == 0 ? "" : "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512", ConfigType.List),
            ("sasl.server.max.receive.size", Text(limits.UnauthenticatedRequestBytes), ConfigType.Int),
            ("socket.request.max.bytes", Text(options.MaxRequestBytes), ConfigType.Int),
            ("transaction.max.timeout.ms", Text(transactions.MaxTimeoutMs), ConfigType.Int),
            ("transactional.id.expiration.ms", Text(transactions.IdExpirationMs), ConfigType.Int),
        }.Concat(TopicConfigKeys.All.Where(key => s_brokerNames.ContainsKey(key.Name)).Select(key => (s_brokerNames[key.Name], key.Default, key.Type)))
            .OrderBy(config => config.Item1, StringComparer.Ordinal);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Ms(TimeSpan time) => Text((long)time.TotalMilliseconds);
}
