using CrashStreams.Broker.Topics;

namespace CrashStreams.Broker.Apis;

/// <summary>Where a config's value comes from, as DescribeConfigs numbers it.</summary>
internal static class ConfigSource
{
    public const sbyte Topic = 1;
    public const sbyte StaticBroker = 4;
    public const sbyte Default = 5;

    public static sbyte Of(ConfigKey key, TopicConfigs configs) => configs.Set.ContainsKey(key.Name) ? Topic : Default;
}
