using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Apis;

/// <summary>What both ways of changing configs have in common: finding the topic, checking the new values, storing them.</summary>
internal static class ConfigChange
{
    /// <summary>What Apache Kafka answers to a resource or a config that is named twice.</summary>
    public static readonly (ErrorCode Error, string? Message) Repeated = (ErrorCode.InvalidRequest, "Each resource, and each of its configs, may be named once.");

    /// <summary>Changes the configs of a resource; <paramref name="change"/> makes the new ones from the present, or says what is wrong.</summary>
    public static (ErrorCode Error, string? Message) Apply(
        sbyte resourceType,
        string name,
        Func<TopicConfigs, (IEnumerable<KeyValuePair<string, string?>> Configs, string? Problem)> change,
        bool validateOnly,
        BrokerCore core)
    {
        if (resourceType == DescribeConfigs.BrokerResource)
            return (ErrorCode.InvalidRequest, "The broker's configs are its options: they are set when it starts.");
        if (resourceType != DescribeConfigs.TopicResource)
            return (ErrorCode.InvalidRequest, $"Resources of type {resourceType} have no configs.");
        if (core.Topics.Find(name) is not { } topic)
            return (ErrorCode.UnknownTopicOrPartition, "There is no such topic.");
        var (values, problem) = change(topic.Configs);
        var configs = problem is null ? TopicConfigs.TryCreate(values, out problem) : null;
        if (configs is null)
            return (ErrorCode.InvalidConfig, problem);
        if (validateOnly)
            return (ErrorCode.None, null);
        try
        {
            core.Topics.Reconfigure(topic, configs);
            return (ErrorCode.None, null);
        }
        catch (IOException failed)
        {
            return (ErrorCode.KafkaStorageError, $"The configs could not be stored: {failed.Message}");
        }
    }
}
