using CrashStreams.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using TopicPartition = CrashStreams.Log.TopicPartition;

namespace CrashStreams.Kafka;

/// <summary>
/// Asks a coordinator for the members of a group of KIP-848 (ConsumerGroupDescribe). librdkafka (2.16.0) has a call for it, DescribeConsumerGroups, and ends the process with a failed assertion
/// (<c>rd_kafka_enq_once_del_source_return</c>) when the broker goes away meanwhile.
/// </summary>
internal static class ConsumerGroupMembers
{
    /// <summary>None where the coordinator has no such group, or is of a Kafka before 4.0.</summary>
    public static async Task<IReadOnlyList<GroupMember>> AskAsync(string host, int port, string group, CancellationToken cancellation)
    {
        try
        {
            var response = await DirectQuestion.AskAsync<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>(
                host, port, new() { GroupIds = [group] }, 0, cancellation).ConfigureAwait(false);
            if (response.Groups.FirstOrDefault(static g => g.ErrorCode is not (ErrorCode.None or ErrorCode.GroupIdNotFound)) is { } refused)
                throw new ProtocolException($"Group {group}: {refused.ErrorCode} {refused.ErrorMessage}");
            return [.. response.Groups.SelectMany(static g => g.Members).Select(static m => new GroupMember(m.ClientId, m.ClientHost, Partitions(m.Assignment)))];
        }
        catch (EndOfStreamException)
        {
            return [];
        }
    }

    private static List<TopicPartition> Partitions(ConsumerGroupDescribeResponse.Assignment assignment) =>
        [.. assignment.TopicPartitions.SelectMany(static t => t.Partitions.Select(p => new TopicPartition(t.TopicName, p)))];
}
