using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Fetching;

/// <summary>What a reader is told of a partition that can't be read.</summary>
internal static class FetchErrors
{
    public static LogException OutOfRange(TopicPartition partition, long offset, string reason) => new(
        $"Reading {partition} failed: its log does not hold offset {offset} ({reason}). Records were deleted before they were read, or the topic was made anew. " +
        "Seek to an offset that exists, or reset the group's offsets.")
    {
        OutOfRange = partition,
    };

    public static LogException Damaged(TopicPartition partition, long offset) => new(
        $"Reading {partition} failed: the batch at offset {offset} is damaged, or in a format older than Kafka 0.11. Look at the broker's disk; to pass over it, move the group's offset behind it.");

    /// <summary>An error that the broker answers with.</summary>
    public static LogException Answered(TopicPartition partition, Protocol.ErrorCode code) => KafkaError.Exception(Of(code), $"Reading {partition}");

    /// <summary>Whether another broker leads the partition by now, or will soon.</summary>
    public static bool IsLeaderLost(Protocol.ErrorCode code) => code is Protocol.ErrorCode.NotLeaderOrFollower or Protocol.ErrorCode.LeaderNotAvailable or Protocol.ErrorCode.ReplicaNotAvailable
        or Protocol.ErrorCode.FencedLeaderEpoch or Protocol.ErrorCode.UnknownLeaderEpoch or Protocol.ErrorCode.UnknownTopicOrPartition or Protocol.ErrorCode.UnknownTopicId
        or Protocol.ErrorCode.InconsistentTopicId or Protocol.ErrorCode.KafkaStorageError or Protocol.ErrorCode.OffsetNotAvailable or Protocol.ErrorCode.BrokerNotAvailable;

    public static ErrorCode Of(Protocol.ErrorCode code) => (ErrorCode)(int)code;
}
