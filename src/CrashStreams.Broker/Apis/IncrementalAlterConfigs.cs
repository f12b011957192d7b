using CrashStreams.Broker.Topics;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Sets, deletes, extends or shortens single configs of topics (KIP-339).</summary>
internal static class IncrementalAlterConfigs
{
    private const sbyte Set = 0;
    private const sbyte Delete = 1;
    private const sbyte Append = 2;
    private const sbyte Subtract = 3;

    public static IEnumerable<IncrementalAlterConfigsResponse?> Handle(IncrementalAlterConfigsRequest request, BrokerCore core)
    {
        var repeated = new Repeated<(sbyte, string)>(request.Resources.Select(resource => (resource.ResourceType, resource.ResourceName)));
        var response = new IncrementalAlterConfigsResponse();
        foreach (var resource in request.Resources)
        {
            var (error, message) = repeated.Contains((resource.ResourceType, resource.ResourceName)) || resource.Configs.DistinctBy(config => config.Name).Count() < resource.Configs.Count
                ? ConfigChange.Repeated
                : ConfigChange.Apply(resource.ResourceType, resource.ResourceName, present => Change(present, resource.Configs), request.ValidateOnly, core);
            response.Responses.Add(new()
            {
                ErrorCode = error,
                ErrorMessage = message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            });
            yield return null;
        }
        yield return response;
    }

    private static (IEnumerable<KeyValuePair<string, string?>>, string?) Change(TopicConfigs present, List<IncrementalAlterConfigsRequest.AlterableConfig> changes)
    {
        var configs = present.Set.ToDictionary(config => config.Key, config => (string?)config.Value);
        foreach (var change in changes)
        {
            var key = TopicConfigKeys.Find(change.Name);
            switch (change.ConfigOperation)
            {
                case Set:
                    configs[change.Name] = change.Value;
                    break;
                case Delete:
                    configs.Remove(change.Name);
                    break;
                case Append or Subtract when key is { Type: ConfigType.List }:
                    var items = Items(configs.GetValueOrDefault(change.Name) ?? key.Default);
                    var named = Items(change.Value ?? "");
                    configs[change.Name] = string.Join(',', change.ConfigOperation == Append ? items.Union(named) : items.Except(named));
                    break;
                default:
                    return ([], $"The operation {change.ConfigOperation} is not possible on the config {ClientText.Escape(change.Name)}.");
            }
        }
        return (configs, null);
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
