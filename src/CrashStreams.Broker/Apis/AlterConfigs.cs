using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Replaces all configs of topics: those that are not named go back to their defaults.</summary>
internal static class AlterConfigs
{
    public static AlterConfigsResponse Handle(AlterConfigsRequest request, BrokerCore core) => new()
    {
        Responses = request.Resources.ConvertAll(resource =>
        {
            var configs = resource.Configs.DistinctBy(config => config.Name).ToDictionary(config => config.Name, config => config.Value);
            var (error, message) = ConfigChange.Apply(resource.ResourceType, resource.ResourceName, _ => (configs, null), request.ValidateOnly, core);
            return new AlterConfigsResponse.AlterConfigsResourceResponse
            {
                ErrorCode = error,
                ErrorMessage = message,
                ResourceType = resource.ResourceType,
                ResourceName = resource.ResourceName,
            };
        }),
    };
}
