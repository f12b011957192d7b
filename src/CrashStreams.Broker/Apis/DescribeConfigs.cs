using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The configs of topics, and those of the broker, which are its options.</summary>
internal static class DescribeConfigs
{
    public const sbyte TopicResource = 2;
    public const sbyte BrokerResource = 4;

    public static DescribeConfigsResponse Handle(DescribeConfigsRequest request, BrokerCore core) => new()
    {
        Results = request.Resources.ConvertAll(resource =>
        {
            var result = new DescribeConfigsResponse.DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorMessage = null };
            Describe(result, request.IncludeSynonyms, core);
            if (resource.ConfigurationKeys is { } keys)
                result.Configs.RemoveAll(config => !keys.Contains(config.Name));
            return result;
        }),
    };

    private static void Describe(DescribeConfigsResponse.DescribeConfigsResult result, bool withSynonyms, BrokerCore core)
    {
        if (result.ResourceType == BrokerResource && (result.ResourceName.Length == 0 || result.ResourceName == core.Node.Id.ToString()))
            result.Configs = [.. core.Options.AsConfigs().Select(config => Describe(config.Name, config.Value, ConfigSource.StaticBroker, config.Type, isReadOnly: true))];
        else if (result.ResourceType == TopicResource && core.Topics.Find(result.ResourceName) is { } topic)
            result.Configs = [.. TopicConfigKeys.All.Select(key => Describe(key, topic.Configs, withSynonyms))];
        else if (result.ResourceType is TopicResource)
            (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownTopicOrPartition, "There is no such topic.");
        else
            (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, $"There is no resource of type {result.ResourceType} with the name '{result.ResourceName}'.");
    }

    private static DescribeConfigsResponse.DescribeConfigsResourceResult Describe(ConfigKey key, TopicConfigs configs, bool withSynonyms)
    {
        var config = Describe(key.Name, configs.ValueOf(key), ConfigSource.Of(key, configs), key.Type, isReadOnly: false);
        if (!withSynonyms)
            return config;
        if (configs.Set.TryGetValue(key.Name, out var own))
            config.Synonyms.Add(new() { Name = key.Name, Value = own, Source = ConfigSource.Topic });
        config.Synonyms.Add(new() { Name = key.Name, Value = key.Default, Source = ConfigSource.Default });
        return config;
    }

    private static DescribeConfigsResponse.DescribeConfigsResourceResult Describe(string name, string value, sbyte source, ConfigType type, bool isReadOnly) =>
        new() { Name = name, Value = value, ConfigSource = source, ConfigType = (sbyte)type, ReadOnly = isReadOnly, Documentation = null };
}
