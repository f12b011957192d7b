using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

internal sealed partial class PartitionLog
{
    /// <summary>Prepares a producer's batch, if it isn't prepared for the present settings, and appends it.</summary>
    public AppendResult Append(PreparedBatch prepared, ReadOnlyMemory<byte> bytes, in AppendOptions options)
    {
        if (!ReferenceEquals(prepared.Config, Config))
            prepared = PreparedBatch.Of(bytes, Config, options.NowMs);
        return prepared.Error == ErrorCode.None ? AppendPrepared(prepared.Bytes.Span, options) : Refused(prepared.Error, prepared.Message);
    }

    /// <summary>As a producer's, without preparing it before.</summary>
    public AppendResult Append(Memory<byte> batch, in AppendOptions options) => Append(PreparedBatch.Of(batch, Config, options.NowMs), batch, options);

    /// <summary>
    /// Appends a batch that was checked. The offset, the leader epoch and, if the topic asks for it, the append time are written into the
    /// caller's bytes; nothing else of them changes. What was appended has been given to the file system when this returns.
    /// </summary>
    public AppendResult AppendPrepared(Span<byte> batch, in AppendOptions options)
    {
        if (batch.Length > Config.SegmentBytes)
            return Refused(ErrorCode.RecordListTooLarge, $"The batch of {batch.Length} bytes is larger than a segment ({Config.SegmentBytes} bytes).");

        var header = new RecordBatchView(batch);
        if (header.HasProducer)
        {
            var check = _producers.Check(header);
            if (check.Error != ErrorCode.None)
                return Refused(check.Error, check.Message);
            if (check.Duplicate is { } original)
                return Accepted(original.BaseOffset, Config.LogAppendTime ? original.TimestampMs : -1) with { IsDuplicate = true };
        }
        if (Config.LogAppendTime)
            RecordBatchStamp.SetLogAppendTime(batch, options.NowMs);
        return Write(batch, options.LeaderEpoch, Config.LogAppendTime ? options.NowMs : -1, options.DefersFlush);
    }

    /// <summary>Ends a transaction of a producer in this partition.</summary>
    public AppendResult AppendMarker(long producerId, short producerEpoch, bool commit, int coordinatorEpoch, long nowMs, int leaderEpoch = 0)
    {
        if (_producers.TryGet(producerId, out var producer) && producerEpoch < producer.Epoch)
            return Refused(ErrorCode.InvalidProducerEpoch, $"Producer {producerId} has epoch {producer.Epoch}; the marker has the old epoch {producerEpoch}.");
        Span<byte> marker = stackalloc byte[ControlRecord.BatchSize];
        ControlRecord.WriteBatch(marker, EndOffset, leaderEpoch, producerId, producerEpoch, commit ? ControlType.Commit : ControlType.Abort, coordinatorEpoch, nowMs);
        return Write(marker, leaderEpoch, -1);
    }

    private AppendResult Write(Span<byte> batch, int leaderEpoch, long logAppendTimeMs, bool defersFlush = false)
    {
        var baseOffset = EndOffset;
        RecordBatchStamp.Assign(batch, baseOffset, leaderEpoch);
        var header = new RecordBatchView(batch);
        var flushesNow = Config.Flush == FlushPolicy.Always && !defersFlush;
        SegmentEnd? before = null;
        try
        {
            RollIfNeeded(header);
            before = Active.End;
            Active.Append(batch, header, Config.IndexIntervalBytes);
            if (flushesNow)
                FlushActive();
        }
        catch (IOException failed)
        {
            return Failed(failed, before ?? Active.End);
        }
        var stable = LastStableOffset;
        EndOffset = header.NextOffset;
        Track(header);
        Appended?.Invoke();
        if (LastStableOffset != stable)
            LastStableOffsetMoved?.Invoke();
        if (!flushesNow)
            _unflushed.Add(Active);
        _checkpointedBytes += batch.Length;
        if (Config.Flush != FlushPolicy.Always || flushesNow)
            CheckpointIfDue();
        return Accepted(baseOffset, logAppendTimeMs);
    }

    /// <summary>Takes note of what a batch in the log means for producers and transactions.</summary>
    private void Track(in RecordBatchView batch)
    {
        if (_producers.Apply(batch) is { } abortedFrom)
            _aborted.Add(new AbortedEntry(batch.ProducerId, abortedFrom, batch.LastOffset, Math.Min(_producers.FirstOpenOffset, batch.NextOffset)));
    }

    private void RollIfNeeded(in RecordBatchView next)
    {
        var active = Active;
        if (active.Length == 0)
            return;
        var isFull = active.Length + next.SizeInBytes > Config.SegmentBytes || next.LastOffset - active.BaseOffset > int.MaxValue;
        var isOld = !isFull && active.FirstTimestamp() is { } first && Saturating.Subtract(next.MaxTimestamp, first) > Config.SegmentMs;
        if (isFull || isOld)
            Roll();
    }

    private AppendResult Failed(IOException failed, SegmentEnd before)
    {
        // What the failed write or flush left behind the end would be found at the next start: cut it off, now if the disk lets us.
        try
        {
            Active.CutBack(before);
        }
        catch (IOException)
        {
            return Refused(ErrorCode.KafkaStorageError, failed.Message);
        }
        return Refused(ErrorCode.KafkaStorageError, failed.Message);
    }

    private AppendResult Accepted(long baseOffset, long logAppendTimeMs) =>
        new() { BaseOffset = baseOffset, LogAppendTimeMs = logAppendTimeMs, LogStartOffset = LogStartOffset };

    private AppendResult Refused(ErrorCode error, string? message) =>
        new() { Error = error, BaseOffset = -1, LogAppendTimeMs = -1, LogStartOffset = LogStartOffset, Message = message };
}
