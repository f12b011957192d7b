using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Replaces all configs of topics: those that are not named go back to their defaults.</summary>
internal static class AlterConfigs
{
    public static IEnumerable<AlterConfigsResponse?> Handle(AlterConfigsRequest request, BrokerCore core)
    {
        var repeated = new Repeated<(sbyte, string)>(request.Resources.Select(resource => (resource.ResourceType, resource.ResourceName)));
        var response = new AlterConfigsResponse();
        foreach (var resource in request.Resources)
        {
            var (error, message) = repeated.Contains((resource.ResourceType, resource.ResourceName)) ? ConfigChange.Repeated : Apply(resource, request.ValidateOnly, core);
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

    private static (ErrorCode Error, string? Message) Apply(AlterConfigsRequest.AlterConfigsResource resource, bool validateOnly, BrokerCore core)
    {
        if (resource.Configs.DistinctBy(config => config.Name).Count() < resource.Configs.Count)
            return ConfigChange.Repeated;
        var configs = resource.Configs.Select(config => KeyValuePair.Create(config.Name, config.Value));
        return ConfigChange.Apply(resource.ResourceType, resource.ResourceName, _ => (configs, null), validateOnly, core);
    }
}
