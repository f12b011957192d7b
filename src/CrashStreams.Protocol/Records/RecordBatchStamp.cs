using System.Buffers.Binary;

namespace CrashStreams.Protocol.Records;

/// <summary>What a broker writes into a batch that it stores: all else stays as the producer sent it.</summary>
internal static class RecordBatchStamp
{
    /// <summary>Gives a batch its place in the log. Both fields lie outside the CRC.</summary>
    public static void Assign(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatchHeader.LeaderEpochAt..], leaderEpoch);
    }

    /// <summary>Replaces the timestamps of all records: the deltas stay, readers ignore them.</summary>
    public static void SetLogAppendTime(Span<byte> batch, long timestampMs)
    {
        var attributes = new RecordBatchView(batch).Attributes | BatchAttributes.LogAppendTime;
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatchHeader.AttributesAt..], (short)attributes);
        SetMaxTimestamp(batch, timestampMs);
    }

    public static void SetMaxTimestamp(Span<byte> batch, long timestampMs)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatchHeader.MaxTimestampAt..], timestampMs);
        WriteCrc(batch);
    }

    public static void WriteCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[RecordBatchHeader.CrcAt..], Crc32C.Compute(batch[RecordBatchHeader.AttributesAt..]));
}
