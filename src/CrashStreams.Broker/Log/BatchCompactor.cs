using CrashStreams.Broker.Coordination;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>What compaction has to know that was taken on the log's thread when it began.</summary>
internal sealed record CompactionContext
{
    public required long NowMs { get; init; }
    public required LogConfig Config { get; init; }
    public required IReadOnlyList<AbortedEntry> Aborted { get; init; }

    /// <summary>The epoch and the last data offset (-1: none in this epoch) of every producer that is still remembered.</summary>
    public required IReadOnlyDictionary<long, (short Epoch, long LastDataOffset)> Producers { get; init; }
}

/// <summary>Decides what compaction keeps of a batch, and writes it anew only where something of it goes.</summary>
internal sealed class BatchCompactor(CompactionContext context, KeyOffsetMap latest, long mappedUpTo) : IDisposable
{
    private readonly TransactionScan _transactions = new(context.Aborted);
    private readonly HashSet<long> _abortMarkers = [.. context.Aborted.Select(entry => entry.LastOffset)];
    private readonly RecordBatchBuilder _builder = new();
    private readonly byte[] _empty = new byte[RecordBatchHeader.Size];

    /// <summary>The abort markers that were passed: of their transactions no record is left after this pass.</summary>
    public HashSet<long> PassedAborts { get; } = [];

    /// <summary>What is kept of the batch, valid until the next call; empty when nothing is.</summary>
    public ReadOnlySpan<byte> Compact(RecordBatchView batch) => batch.IsControl ? CompactMarker(batch) : CompactData(batch);

    public void Dispose() => _builder.Dispose();

    private ReadOnlySpan<byte> CompactMarker(RecordBatchView marker)
    {
        var hadData = _transactions.EndsData(marker);
        var isIndexed = _abortMarkers.Contains(marker.LastOffset);
        if (isIndexed)
            PassedAborts.Add(marker.LastOffset);

        // The index entry of an aborted transaction has to be gone before its marker is: a reader who is told of an abort waits for the marker.
        var isNeeded = hadData || isIndexed || IsLastOfProducer(marker) || marker.LastOffset >= mappedUpTo || marker.Codec != CompressionCodec.None;
        if (isNeeded)
            return marker.Bytes;
        if (!marker.HasDeleteHorizon)
            return WithHorizon(marker, marker.Records);
        return marker.BaseTimestamp <= context.NowMs ? default : marker.Bytes;
    }

    private ReadOnlySpan<byte> CompactData(RecordBatchView batch)
    {
        if (_transactions.IsAborted(batch))
            return KeepSequence(batch);
        if (!BatchContent.TryOpen(batch, out var content, context.Config.MaxDecompressedBytes))
            return batch.Bytes; // stored before there was that limit, or before it was lowered
        using var opened = content;
        var dropsTombstones = batch.HasDeleteHorizon && batch.BaseTimestamp <= context.NowMs;
        var (kept, tombstones) = Count(batch, content.Records, dropsTombstones);
        var needsHorizon = tombstones > 0 && !batch.HasDeleteHorizon && batch.LastOffset < mappedUpTo;
        if (kept == 0)
            return KeepSequence(batch);
        if (kept == batch.RecordCount && !needsHorizon)
            return batch.Bytes;
        if (needsHorizon)
            return WithHorizon(batch, content.Records);
        _builder.Reset(batch.ReadHeader());
        return Rewrite(batch, content.Records, dropsTombstones);
    }

    private (int Kept, int Tombstones) Count(RecordBatchView batch, RecordEnumerator records, bool dropsTombstones)
    {
        var (kept, tombstones) = (0, 0);
        foreach (var record in records)
        {
            if (!IsKept(batch, record, dropsTombstones))
                continue;
            kept++;
            tombstones += record.HasValue ? 0 : 1;
        }
        return (kept, tombstones);
    }

    private ReadOnlySpan<byte> WithHorizon(RecordBatchView batch, RecordEnumerator records)
    {
        var header = batch.ReadHeader();
        header.Attributes |= BatchAttributes.DeleteHorizon;
        header.BaseTimestamp = Saturating.Add(context.NowMs, context.Config.DeleteRetentionMs);
        _builder.Reset(header);
        return Rewrite(batch, records, dropsTombstones: false);
    }

    private ReadOnlySpan<byte> Rewrite(RecordBatchView batch, RecordEnumerator records, bool dropsTombstones)
    {
        foreach (var record in records)
        {
            if (batch.IsControl || IsKept(batch, record, dropsTombstones))
                _builder.Append(batch, record);
        }
        _builder.SetLastOffsetDelta(batch.LastOffsetDelta);
        var rewritten = _builder.Build();

        // Another level of compression can make more bytes of fewer records; then the batch stays as its producer sent it.
        return rewritten.Length <= Math.Max(batch.Bytes.Length, context.Config.MaxMessageBytes) ? rewritten : batch.Bytes;
    }

    private bool IsKept(RecordBatchView batch, in RecordView record, bool dropsTombstones) =>
        record.HasKey && (record.HasValue || !dropsTombstones) && latest.IsLatest(record.Key, batch.BaseOffset + record.OffsetDelta);

    /// <summary>The last batch of a producer stays, without records, so that its sequence is known to whoever reads the log from its start.</summary>
    private ReadOnlySpan<byte> KeepSequence(RecordBatchView batch)
    {
        if (!IsLastOfProducer(batch))
            return default;
        var header = batch.ReadHeader();
        header.RecordCount = 0;
        header.Codec = CompressionCodec.None;
        header.Write(_empty);
        return _empty;
    }

    private bool IsLastOfProducer(in RecordBatchView batch)
    {
        if (!batch.HasProducer || !context.Producers.TryGetValue(batch.ProducerId, out var producer))
            return false;
        return batch.IsControl ? producer.LastDataOffset < 0 && producer.Epoch == batch.ProducerEpoch : producer.LastDataOffset == batch.LastOffset;
    }
}
