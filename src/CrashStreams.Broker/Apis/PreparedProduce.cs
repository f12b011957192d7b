using System.Diagnostics;
using CrashStreams.Broker.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// A produce request whose batches are prepared for the log outside the loop, in their order: checked, decompressed, and compressed again if their topic wants that. A request of a few
/// kilobytes can decompress to gigabytes, so it goes on in pieces.
/// </summary>
internal sealed class PreparedProduce(ProduceRequest request, IReadOnlyList<(RecordsField Records, LogConfig? Config)> batches, long nowMs)
{
    private readonly List<PreparedBatch> _prepared = new(batches.Count);

    public ProduceRequest Request => request;

    /// <summary>How many there are.</summary>
    public int Count => batches.Count;

    /// <summary>All batches, prepared.</summary>
    public IReadOnlyList<PreparedBatch> Batches
    {
        get
        {
            _ = TryPrepare(TimeSpan.MaxValue);
            return _prepared;
        }
    }

    /// <summary>Goes on with the batches for so long. False when some are left.</summary>
    /// <param name="time">At least one batch is prepared, and those that can be in this time.</param>
    /// <param name="mostDecompressed">It stops at a batch that decompresses to more.</param>
    public bool TryPrepare(TimeSpan time, int mostDecompressed = int.MaxValue)
    {
        if (_prepared.Count == batches.Count)
            return true;
        var started = Stopwatch.GetTimestamp();
        do
        {
            var (records, config) = batches[_prepared.Count];
            var prepared = Prepare(records, config, mostDecompressed);
            if (prepared.Error == ErrorCode.MessageTooLarge && mostDecompressed < int.MaxValue)
                return false;
            _prepared.Add(prepared);
        }
        while (_prepared.Count < batches.Count && Stopwatch.GetElapsedTime(started) < time);
        return _prepared.Count == batches.Count;
    }

    private PreparedBatch Prepare(RecordsField records, LogConfig? config, int mostDecompressed)
    {
        if (records.IsNull || RecordBatchView.TryRead(records.Memory.Span, out var batch) != BatchRead.Whole || batch.SizeInBytes != records.Length)
            return new(default, config, records.Length > 0 ? ErrorCode.CorruptMessage : ErrorCode.InvalidRecord, "A partition's records must be exactly one whole batch.");
        return config is null ? new(default, null) : PreparedBatch.Of(records.Memory, config, nowMs, mostDecompressed);
    }
}
