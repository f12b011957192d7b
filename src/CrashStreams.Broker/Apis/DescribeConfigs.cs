using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The configs of topics, and those of the broker, which are its options.</summary>
internal static class DescribeConfigs
{
    public const sbyte TopicResource = 2;
    public const sbyte BrokerResource = 4;

    /// <summary>What all configs of a resource take at most, with synonyms, without values that are longer than usual.</summary>
    private const int ResourceBytes = 16 * 1024;

    public static IEnumerable<DescribeConfigsResponse?> Handle(DescribeConfigsRequest request, BrokerCore core)
    {
        var budget = new AnswerBudget(core.Options.Limits.AnswerBytes);
        var response = new DescribeConfigsResponse();
        foreach (var resource in request.Resources.DistinctBy(resource => (resource.ResourceType, resource.ResourceName)))
        {
            var result = new DescribeConfigsResponse.DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName, ErrorMessage = null };
            response.Results.Add(result);
            if (budget.TryTake(ResourceBytes))
                Describe(result, request.IncludeSynonyms, core);
            else
                (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, "The answer would be too large: ask for fewer resources.");
            if (resource.ConfigurationKeys?.ToHashSet() is { } keys)
                result.Configs.RemoveAll(config => !keys.Contains(config.Name));
            yield return null;
        }
        yield return response;
    }

    private static void Describe(DescribeConfigsResponse.DescribeConfigsResult result, bool withSynonyms, BrokerCore core)
    {
        if (result.ResourceType == BrokerResource && (result.ResourceName.Length == 0 || result.ResourceName == core.Node.Id.ToString()))
            result.Configs = [.. core.Options.AsConfigs(core.Node).Select(config => Describe(config.Name, config.Value, ConfigSource.StaticBroker, config.Type, isReadOnly: true))];
        else if (result.ResourceType == TopicResource && core.Topics.Find(result.ResourceName) is { } topic)
            result.Configs = [.. TopicConfigKeys.All.Select(key => Describe(key, topic.Configs, withSynonyms))];
        else if (result.ResourceType is TopicResource)
            (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownTopicOrPartition, "There is no such topic.");
        else
            (result.ErrorCode, result.ErrorMessage) = (ErrorCode.InvalidRequest, $"There is no resource of type {result.ResourceType} with the name '{ClientText.Escape(result.ResourceName)}'.");
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
