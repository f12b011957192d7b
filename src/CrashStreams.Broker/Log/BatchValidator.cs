using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Broker.Log;

/// <summary>
/// The checks of what a client produces. They touch no state, so a connection's thread can run them; the log then appends with
/// <see cref="PartitionLog.AppendPrepared"/>.
/// </summary>
internal static class BatchValidator
{
    /// <summary>Checks that the bytes are exactly one sound batch. A wrong largest timestamp in its header is put right in place.</summary>
    public static ErrorCode Validate(Span<byte> bytes, LogConfig config, long nowMs, out string? message, int mostDecompressed = int.MaxValue)
    {
        switch (RecordBatchView.TryRead(bytes, out var batch))
        {
            case BatchRead.Cut:
                return Refuse(ErrorCode.CorruptMessage, "The batch is cut off.", out message);
            case BatchRead.Malformed:
                return Refuse(ErrorCode.InvalidRecord, "The bytes are no record batch of version 2.", out message);
        }
        if (batch.SizeInBytes != bytes.Length)
            return Refuse(ErrorCode.InvalidRecord, "There is more than one batch for the partition.", out message);
        if (bytes.Length > config.MaxMessageBytes)
            return Refuse(ErrorCode.MessageTooLarge, $"The batch has {bytes.Length} bytes, max.message.bytes is {config.MaxMessageBytes}.", out message);
        if (!batch.IsCrcValid)
            return Refuse(ErrorCode.CorruptMessage, "The CRC does not fit the batch.", out message);
        if (CheckHeader(batch, config) is { } wrong)
            return Refuse(ErrorCode.InvalidRecord, wrong, out message);
        if (batch.Codec > CompressionCodec.Zstd)
            return Refuse(ErrorCode.UnsupportedCompressionType, $"Codec {(int)batch.Codec} is unknown.", out message);
        if (batch.IsLogAppendTime && !config.LogAppendTime)
            return Refuse(ErrorCode.InvalidTimestamp, "A producer can't set log append time.", out message);
        return CheckRecords(bytes, batch, config, nowMs, Math.Min(mostDecompressed, config.MaxDecompressedBytes), out message);
    }

    private static string? CheckHeader(in RecordBatchView batch, LogConfig config)
    {
        if (batch.IsControl)
            return "A client can't write control records.";
        if (batch.RecordCount == 0 || batch.RecordCount != batch.LastOffsetDelta + 1)
            return $"The batch counts {batch.RecordCount} records, its last offset delta is {batch.LastOffsetDelta}.";
        if (batch.HasProducer && (batch.ProducerEpoch < 0 || batch.BaseSequence < 0))
            return "A batch with a producer id needs an epoch and a sequence.";
        if (batch.IsTransactional && !batch.HasProducer)
            return "A transactional batch needs a producer id.";
        if (config.Compact && batch.HasDeleteHorizon)
            return "A client can't set a delete horizon.";
        return null;
    }

    private static ErrorCode CheckRecords(Span<byte> bytes, RecordBatchView batch, LogConfig config, long nowMs, int mostDecompressed, out string? message)
    {
        switch (BatchContent.Open(batch, out var content, mostDecompressed))
        {
            case Decompression.Damaged:
                return Refuse(ErrorCode.CorruptMessage, "The records can't be decompressed.", out message);
            case Decompression.TooLarge:
                return Refuse(ErrorCode.MessageTooLarge, $"Decompressed, the records have more than {mostDecompressed} bytes.", out message);
        }
        using var opened = content;
        var earliest = config.TimestampBeforeMaxMs == long.MaxValue ? long.MinValue : Saturating.Subtract(nowMs, config.TimestampBeforeMaxMs);
        var latest = Saturating.Add(nowMs, config.TimestampAfterMaxMs);
        var baseTimestamp = batch.BaseTimestamp;
        var expected = 0;
        var maxTimestamp = RecordBatchHeader.NoTimestamp;
        var records = content.Records;
        while (records.MoveNext())
        {
            if (records.OffsetDelta != expected++)
                return Refuse(ErrorCode.InvalidRecord, $"Record {expected - 1} has the offset delta {records.OffsetDelta}.", out message);
            if (config.Compact && !records.HasKey)
                return Refuse(ErrorCode.InvalidRecord, "A compacted topic needs a key in every record.", out message);
            var timestamp = Saturating.Add(baseTimestamp, records.TimestampDelta);
            if (timestamp != unchecked(baseTimestamp + records.TimestampDelta))
                return Refuse(ErrorCode.InvalidTimestamp, $"The timestamp of record {expected - 1} is larger than a timestamp can be.", out message);
            if (!config.LogAppendTime && timestamp != RecordBatchHeader.NoTimestamp && (timestamp < earliest || timestamp > latest))
                return Refuse(ErrorCode.InvalidTimestamp, $"The timestamp {timestamp} is out of the range [{earliest}, {latest}].", out message);
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            if (records.HeaderCount > 0 && !HasSoundHeaders(records.Current))
                return Refuse(ErrorCode.InvalidRecord, $"The headers of record {expected - 1} are malformed.", out message);
        }
        if (!records.IsComplete)
            return Refuse(ErrorCode.InvalidRecord, $"Record {expected} is malformed, or bytes are left over.", out message);
        if (!config.LogAppendTime && maxTimestamp != batch.MaxTimestamp)
            RecordBatchStamp.SetMaxTimestamp(bytes, maxTimestamp);
        message = null;
        return ErrorCode.None;
    }

    private static bool HasSoundHeaders(in RecordView record)
    {
        var headers = record.Headers;
        while (headers.MoveNext())
        {
        }
        return !headers.IsMalformed && headers.Position == record.RawHeaders.Length;
    }

    private static ErrorCode Refuse(ErrorCode error, string why, out string? message)
    {
        message = why;
        return error;
    }
}
