using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The first request of every connection: which APIs and versions are served, and which features are on.</summary>
internal static class ApiVersions
{
    /// <summary>From this version on, clients take supported features whose lowest version is 0 (KIP-1022).</summary>
    private const short ZeroFeatureVersion = 4;

    // Feature, highest version supported, level that is on. transaction.version 2 is KIP-890, group.version 1 is KIP-848.
    private static readonly (string Name, short Max, short Level)[] Features = [("group.version", 1, 1), ("transaction.version", 2, 2)];

    public static ApiVersionsResponse Handle(short version, ApiTable apis)
    {
        var response = new ApiVersionsResponse { ApiKeys = [.. apis.All.Select(endpoint => Range(endpoint.Api))], FinalizedFeaturesEpoch = 0 };
        foreach (var (name, max, level) in Features)
        {
            if (version >= ZeroFeatureVersion)
                response.SupportedFeatures.Add(new() { Name = name, MinVersion = 0, MaxVersion = max });
            response.FinalizedFeatures.Add(new() { Name = name, MaxVersionLevel = level, MinVersionLevel = level });
        }
        return response;
    }

    /// <summary>The answer to a version that is not known: in the body of version 0, from which the client picks one that is (KIP-511).</summary>
    public static ApiVersionsResponse Unsupported() =>
        new() { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = [Range(SupportedApis.Of(ApiKey.ApiVersions))] };

    private static ApiVersionsResponse.ApiVersion Range(ApiVersionRange api) =>
        new() { ApiKey = (short)api.Key, MinVersion = api.First, MaxVersion = api.Last };
}
