using CrashStreams.Broker.Topics;

namespace CrashStreams.Broker;

/// <summary>The options under the names that Kafka's tools know them by, for DescribeConfigs of the broker.</summary>
internal static class BrokerConfigs
{
    public static IEnumerable<(string Name, string Value, ConfigType Type)> AsConfigs(this BrokerOptions options) =>
    [
        ("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false", ConfigType.Boolean),
        ("default.replication.factor", "1", ConfigType.Int),
        ("group.consumer.session.timeout.ms", ((int)options.ConsumerSessionTimeout.TotalMilliseconds).ToString(), ConfigType.Int),
        ("log.dirs", options.DataDirectory ?? "memory", ConfigType.List),
        ("num.partitions", options.DefaultPartitions.ToString(), ConfigType.Int),
        ("socket.request.max.bytes", options.MaxRequestBytes.ToString(), ConfigType.Int),
    ];
}
