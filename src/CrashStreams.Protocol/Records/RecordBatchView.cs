using System.Buffers.Binary;

namespace CrashStreams.Protocol.Records;

/// <summary>What the start of a span holds.</summary>
internal enum BatchRead
{
    Whole,

    /// <summary>The span ends before the batch does.</summary>
    Cut,
    Malformed,
}

/// <summary>A record batch read in place. Made by <see cref="TryRead"/>, or from a span that is known to begin with a whole header.</summary>
internal readonly ref struct RecordBatchView(ReadOnlySpan<byte> bytes)
{
    /// <summary>The bytes of the batch (or only of its header, when that is all the reader has).</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(Bytes);
    public int Length => BinaryPrimitives.ReadInt32BigEndian(Bytes[RecordBatchHeader.LengthAt..]);
    public long SizeInBytes => (long)Length + RecordBatchHeader.Overhead;
    public int PartitionLeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(Bytes[RecordBatchHeader.LeaderEpochAt..]);
    public byte Magic => Bytes[RecordBatchHeader.MagicAt];
    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(Bytes[RecordBatchHeader.CrcAt..]);
    public BatchAttributes Attributes => (BatchAttributes)BinaryPrimitives.ReadInt16BigEndian(Bytes[RecordBatchHeader.AttributesAt..]);
    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(Bytes[RecordBatchHeader.LastOffsetDeltaAt..]);
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(Bytes[RecordBatchHeader.BaseTimestampAt..]);
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(Bytes[RecordBatchHeader.MaxTimestampAt..]);
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(Bytes[RecordBatchHeader.ProducerIdAt..]);
    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(Bytes[RecordBatchHeader.ProducerEpochAt..]);
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(Bytes[RecordBatchHeader.BaseSequenceAt..]);
    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(Bytes[RecordBatchHeader.RecordCountAt..]);

    public long LastOffset => BaseOffset + LastOffsetDelta;
    public long NextOffset => LastOffset + 1;
    public CompressionCodec Codec => (CompressionCodec)(Attributes & BatchAttributes.CodecMask);
    public bool IsLogAppendTime => (Attributes & BatchAttributes.LogAppendTime) != 0;
    public bool IsTransactional => (Attributes & BatchAttributes.Transactional) != 0;
    public bool IsControl => (Attributes & BatchAttributes.Control) != 0;
    public bool HasDeleteHorizon => (Attributes & BatchAttributes.DeleteHorizon) != 0;
    public bool HasProducer => ProducerId >= 0;

    /// <summary>The sequence of the last record. Sequences wrap from 2147483647 to 0.</summary>
    public int LastSequence => Sequence.Add(BaseSequence, LastOffsetDelta);

    /// <summary>The records' bytes as they lie in the batch, compressed or not.</summary>
    public ReadOnlySpan<byte> Payload => Bytes[RecordBatchHeader.Size..];

    public bool IsCrcValid => Crc == Crc32C.Compute(Bytes[RecordBatchHeader.AttributesAt..]);

    /// <summary>The records of an uncompressed batch; a compressed one is opened with <see cref="BatchContent"/>.</summary>
    public RecordEnumerator Records => new(Payload, RecordCount);

    /// <summary>Reads the batch at the start of a span. Lengths are checked, the CRC is not.</summary>
    public static BatchRead TryRead(ReadOnlySpan<byte> source, out RecordBatchView batch)
    {
        batch = default;
        if (source.Length < RecordBatchHeader.Size)
            return BatchRead.Cut;
        var view = new RecordBatchView(source);
        if (!view.IsHeaderPlausible)
            return BatchRead.Malformed;
        if (view.SizeInBytes > source.Length)
            return BatchRead.Cut;
        batch = new RecordBatchView(source[..(int)view.SizeInBytes]);
        return BatchRead.Whole;
    }

    /// <summary>Whether the header's fields can be those of a batch: what can be said before its bytes are there.</summary>
    public bool IsHeaderPlausible =>
        Magic == RecordBatchHeader.CurrentMagic
        && Length >= RecordBatchHeader.Size - RecordBatchHeader.Overhead
        && LastOffsetDelta >= 0
        && RecordCount >= 0
        && BaseOffset >= 0
        && BaseOffset <= long.MaxValue - int.MaxValue - 1L;

    public RecordBatchHeader ReadHeader() => new()
    {
        BaseOffset = BaseOffset,
        PartitionLeaderEpoch = PartitionLeaderEpoch,
        Attributes = Attributes,
        LastOffsetDelta = LastOffsetDelta,
        BaseTimestamp = BaseTimestamp,
        MaxTimestamp = MaxTimestamp,
        ProducerId = ProducerId,
        ProducerEpoch = ProducerEpoch,
        BaseSequence = BaseSequence,
        RecordCount = RecordCount,
    };

    /// <summary>The timestamp of a record of this batch, in ms since 1970.</summary>
    public long TimestampOf(in RecordView record) => IsLogAppendTime ? MaxTimestamp : BaseTimestamp + record.TimestampDelta;
}
