using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>Answers one request, at once or later; with null when the client expects no answer.</summary>
internal delegate void ApiHandler<in TRequest, out TResponse>(TRequest request, RequestContext context, Action<TResponse?> reply);

/// <summary>One API: how its requests are decoded (on any thread) and handled (in the loop).</summary>
internal abstract class ApiEndpoint(ApiVersionRange api)
{
    public ApiVersionRange Api => api;

    /// <summary>Whether its requests only ask: without anybody to answer there is nothing to do.</summary>
    public bool ChangesNothing { get; } = api.Key is ApiKey.Fetch or ApiKey.ListOffsets or ApiKey.OffsetFetch or ApiKey.OffsetForLeaderEpoch or ApiKey.FindCoordinator
        or ApiKey.DescribeGroups or ApiKey.ConsumerGroupDescribe or ApiKey.ListGroups or ApiKey.DescribeConfigs or ApiKey.DescribeLogDirs or ApiKey.DescribeCluster
        or ApiKey.DescribeTopicPartitions or ApiKey.DescribeProducers or ApiKey.DescribeTransactions or ApiKey.ListTransactions or ApiKey.DescribeQuorum;

    public abstract object Decode(ref WireReader reader, short version);

    public abstract void Handle(object request, RequestContext context, Action<IResponse?> reply);
}

internal sealed class ApiEndpoint<TRequest, TResponse>(ApiHandler<TRequest, TResponse> handler) : ApiEndpoint(SupportedApis.Of(TRequest.ApiKey))
    where TRequest : class, IRequest<TRequest>
    where TResponse : class, IResponse<TResponse>
{
    public override object Decode(ref WireReader reader, short version) => TRequest.Read(ref reader, version);

    public override void Handle(object request, RequestContext context, Action<IResponse?> reply) => handler((TRequest)request, context, reply);
}
