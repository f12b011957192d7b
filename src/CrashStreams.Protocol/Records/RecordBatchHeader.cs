using System.Buffers.Binary;

namespace CrashStreams.Protocol.Records;

/// <summary>The fixed part of a record batch v2, as values. <see cref="RecordBatchView"/> reads the same fields in place.</summary>
/// <remarks>
/// <code>
/// off size field
///   0   8  baseOffset            written by the broker, not under the CRC
///   8   4  batchLength           bytes after this field
///  12   4  partitionLeaderEpoch  written by the broker, not under the CRC
///  16   1  magic                 2
///  17   4  crc                   CRC-32C from offset 21 to the end
///  21   2  attributes
///  23   4  lastOffsetDelta
///  27   8  baseTimestamp
///  35   8  maxTimestamp
///  43   8  producerId
///  51   2  producerEpoch
///  53   4  baseSequence
///  57   4  recordCount
///  61   …  records
/// </code>
/// </remarks>
internal struct RecordBatchHeader
{
    public const int Size = 61;
    public const byte CurrentMagic = 2;
    public const long NoProducerId = -1;
    public const short NoProducerEpoch = -1;
    public const int NoSequence = -1;
    public const long NoTimestamp = -1;

    internal const int LengthAt = 8, LeaderEpochAt = 12, MagicAt = 16, CrcAt = 17, AttributesAt = 21, LastOffsetDeltaAt = 23, BaseTimestampAt = 27,
        MaxTimestampAt = 35, ProducerIdAt = 43, ProducerEpochAt = 51, BaseSequenceAt = 53, RecordCountAt = 57;

    /// <summary>baseOffset and batchLength: what comes before the bytes that batchLength counts.</summary>
    internal const int Overhead = 12;

    public RecordBatchHeader()
    {
    }

    public long BaseOffset { get; set; }
    public int PartitionLeaderEpoch { get; set; }
    public BatchAttributes Attributes { get; set; }
    public int LastOffsetDelta { get; set; }
    public long BaseTimestamp { get; set; } = NoTimestamp;
    public long MaxTimestamp { get; set; } = NoTimestamp;
    public long ProducerId { get; set; } = NoProducerId;
    public short ProducerEpoch { get; set; } = NoProducerEpoch;
    public int BaseSequence { get; set; } = NoSequence;
    public int RecordCount { get; set; }

    public CompressionCodec Codec
    {
        readonly get => (CompressionCodec)(Attributes & BatchAttributes.CodecMask);
        set => Attributes = (Attributes & ~BatchAttributes.CodecMask) | (BatchAttributes)value;
    }

    /// <summary>Writes the header in front of records that are already in place, and the checksum over both.</summary>
    public readonly void Write(Span<byte> batch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[LengthAt..], batch.Length - Overhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], PartitionLeaderEpoch);
        batch[MagicAt] = CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)Attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[LastOffsetDeltaAt..], LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseTimestampAt..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[ProducerIdAt..], ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[ProducerEpochAt..], ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BaseSequenceAt..], BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordCountAt..], RecordCount);
        RecordBatchStamp.WriteCrc(batch);
    }
}
