using System.Buffers.Binary;

namespace CrashStreams.Protocol.Records;

internal enum ControlType : short
{
    Abort = 0,
    Commit = 1,
}

/// <summary>The end of a transaction in a partition: a batch of one record that clients never show.</summary>
/// <remarks>Key: int16 version 0, int16 type. Value: int16 version 0, int32 coordinator epoch. The marker takes one offset.</remarks>
internal static class ControlRecord
{
    /// <summary>Size of a marker batch: header, and 17 bytes for its record.</summary>
    public const int BatchSize = RecordBatchHeader.Size + 17;

    /// <summary>Writes a marker batch into <paramref name="target"/>, which is <see cref="BatchSize"/> bytes long.</summary>
    public static void WriteBatch(Span<byte> target, long baseOffset, int leaderEpoch, long producerId, short producerEpoch, ControlType type,
        int coordinatorEpoch, long timestampMs)
    {
        // length 16 | attributes | timestampDelta 0 | offsetDelta 0 | key length 4 | key | value length 6 | value | no headers
        var record = target[RecordBatchHeader.Size..];
        record.Clear();
        record[0] = 0x20;
        record[4] = 0x08;
        BinaryPrimitives.WriteInt16BigEndian(record[7..], (short)type);
        record[9] = 0x0c;
        BinaryPrimitives.WriteInt32BigEndian(record[12..], coordinatorEpoch);
        new RecordBatchHeader
        {
            BaseOffset = baseOffset,
            PartitionLeaderEpoch = leaderEpoch,
            Attributes = BatchAttributes.Transactional | BatchAttributes.Control,
            BaseTimestamp = timestampMs,
            MaxTimestamp = timestampMs,
            ProducerId = producerId,
            ProducerEpoch = producerEpoch,
            RecordCount = 1,
        }.Write(target);
    }

    /// <summary>Reads what a control batch says. False when it is no transaction marker.</summary>
    public static bool TryRead(in RecordBatchView batch, out ControlType type, out int coordinatorEpoch)
    {
        type = default;
        coordinatorEpoch = -1;
        if (!batch.IsControl || batch.Codec != CompressionCodec.None)
            return false;
        var records = batch.Records;
        if (!records.MoveNext() || records.Current.Key.Length < 4)
            return false;
        type = (ControlType)BinaryPrimitives.ReadInt16BigEndian(records.Current.Key[2..]);
        if (records.Current.Value.Length >= 6)
            coordinatorEpoch = BinaryPrimitives.ReadInt32BigEndian(records.Current.Value[2..]);
        return type is ControlType.Abort or ControlType.Commit;
    }
}
