using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Groups;

/// <summary>
/// The journal records of committed offsets (in the `__consumer_offsets` topic).
/// <code>
/// kind 1, committed   key: 1, group, topic, partition i32                   value v1: offset i64, leader epoch i32, metadata, commit ms i64, expire ms i64
/// kind 2, pending     key: 2, group, producer id i64, topic, partition i32  value v1: as kind 1; ends with its transaction
/// </code>
/// </summary>
internal static class OffsetRecords
{
    public const byte CommittedKind = 1;
    public const byte PendingKind = 2;
    private const byte Version = 1;

    public static JournalEntry Committed(string groupId, TopicPartition partition, CommittedOffset? offset) =>
        new(JournalLayout.Build(CommittedKind, key =>
        {
            key.Write(groupId);
            Write(key, partition);
        }), Value(offset));

    public static JournalEntry Pending(string groupId, long producerId, TopicPartition partition, CommittedOffset? offset) =>
        new(JournalLayout.Build(PendingKind, key =>
        {
            key.Write(groupId);
            key.Write(producerId);
            Write(key, partition);
        }), Value(offset));

    public static TopicPartition ReadPartition(BinaryReader key) => new(key.ReadString(), key.ReadInt32());

    public static CommittedOffset ReadOffset(ReadOnlySpan<byte> value)
    {
        var reader = JournalLayout.OpenValue(value, Version);
        return new CommittedOffset(reader.ReadInt64(), reader.ReadInt32(), reader.ReadString(), reader.ReadInt64(), reader.ReadInt64());
    }

    private static byte[]? Value(CommittedOffset? offset) => offset is null ? null : JournalLayout.Build(Version, value =>
    {
        value.Write(offset.Offset);
        value.Write(offset.LeaderEpoch);
        value.Write(offset.Metadata);
        value.Write(offset.CommitMs);
        value.Write(offset.ExpireMs);
    });

    private static void Write(BinaryWriter writer, TopicPartition partition)
    {
        writer.Write(partition.Topic);
        writer.Write(partition.Partition);
    }
}
