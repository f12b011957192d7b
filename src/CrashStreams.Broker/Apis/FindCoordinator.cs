using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Where the coordinator of a group or a transactional id is: here, since there is one node.</summary>
internal static class FindCoordinator
{
    public const sbyte Group = 0;
    public const sbyte Transaction = 1;

    /// <summary>The first version that asks for many keys at once (KIP-699).</summary>
    private const short BatchedVersion = 4;

    public static FindCoordinatorResponse Handle(FindCoordinatorRequest request, short version, int nodeId, string host, int port)
    {
        var error = request.KeyType is Group or Transaction ? ErrorCode.None : ErrorCode.InvalidRequest;
        var message = error == ErrorCode.None ? "" : $"There is no coordinator of key type {request.KeyType}.";
        if (error != ErrorCode.None)
            (nodeId, host, port) = (-1, "", -1);
        if (version < BatchedVersion)
            return new FindCoordinatorResponse { ErrorCode = error, ErrorMessage = message, NodeId = nodeId, Host = host, Port = port };
        return new FindCoordinatorResponse
        {
            Coordinators = request.CoordinatorKeys.ConvertAll(key => new FindCoordinatorResponse.Coordinator
            {
                Key = key,
                NodeId = nodeId,
                Host = host,
                Port = port,
                ErrorCode = error,
                ErrorMessage = message,
            }),
        };
    }
}
