using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The first request of every connection: which APIs and versions are served, and which features are on.</summary>
internal static class ApiVersions
{
    /// <summary>From this version on, clients take supported features whose lowest version is 0 (KIP-1022).</summary>
    private const short ZeroFeatureVersion = 4;

    // Feature, lowest and highest version supported; the highest is on. group.version 1 is KIP-848, transaction.version 2 is KIP-890; metadata.version 30 is Apache Kafka 4.3,
    // which admin clients take a broker's release from, and 7 is the lowest of Kafka 4.
    private static readonly (string Name, short Min, short Max)[] Features = [("group.version", 0, 1), ("metadata.version", 7, 30), ("transaction.version", 0, 2)];

    public static ApiVersionsResponse Handle(short version, ApiTable apis)
    {
        var response = new ApiVersionsResponse { ApiKeys = [.. apis.All.Select(endpoint => Range(endpoint.Api))], FinalizedFeaturesEpoch = 0 };
        foreach (var (name, min, max) in Features)
        {
            if (min > 0 || version >= ZeroFeatureVersion)
                response.SupportedFeatures.Add(new() { Name = name, MinVersion = min, MaxVersion = max });
            response.FinalizedFeatures.Add(new() { Name = name, MaxVersionLevel = max, MinVersionLevel = max });
        }
        return response;
    }

    /// <summary>The answer to a version that is not known: in the body of version 0, from which the client picks one that is (KIP-511).</summary>
    public static ApiVersionsResponse Unsupported() =>
        new() { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = [Range(SupportedApis.Of(ApiKey.ApiVersions))] };

    private static ApiVersionsResponse.ApiVersion Range(ApiVersionRange api) =>
        new() { ApiKey = (short)api.Key, MinVersion = api.First, MaxVersion = api.Last };
}
