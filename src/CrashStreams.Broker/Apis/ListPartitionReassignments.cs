using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Partitions that are moving between brokers: with one broker, none ever is.</summary>
internal static class ListPartitionReassignments
{
    public static ListPartitionReassignmentsResponse Handle(ListPartitionReassignmentsRequest _) => new() { ErrorMessage = null };
}
