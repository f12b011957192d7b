using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>The cluster: its id and its one broker.</summary>
internal static class DescribeCluster
{
    private const sbyte Brokers = 1;

    public static DescribeClusterResponse Handle(DescribeClusterRequest request, BrokerCore core)
    {
        if (request.EndpointType != Brokers)
            return new()
            {
                ErrorCode = ErrorCode.InvalidRequest,
                ErrorMessage = "Only brokers (endpoint type 1) can be described here.",
                EndpointType = request.EndpointType,
            };
        return new()
        {
            ClusterId = core.Topics.ClusterId,
            ControllerId = core.Node.Id,
            Brokers = [new() { BrokerId = core.Node.Id, Host = core.Node.Host, Port = core.Node.Port }],
        };
    }
}
