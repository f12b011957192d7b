using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Log;

/// <summary>Follows the transactions while a log is read in order: which data is aborted, and whether a marker still has data before it.</summary>
internal sealed class TransactionScan(IEnumerable<AbortedEntry> aborted)
{
    private readonly Queue<AbortedEntry> _coming = new(aborted.OrderBy(entry => entry.FirstOffset));
    private readonly Dictionary<long, AbortedEntry> _aborting = [];
    private readonly HashSet<long> _withData = [];

    /// <summary>Whether a data batch belongs to an aborted transaction. To be asked of every data batch, in order.</summary>
    public bool IsAborted(in RecordBatchView batch)
    {
        while (_coming.TryPeek(out var next) && next.FirstOffset <= batch.LastOffset)
            _aborting[next.ProducerId] = _coming.Dequeue();
        if (!batch.IsTransactional)
            return false;
        _withData.Add(batch.ProducerId);
        return _aborting.TryGetValue(batch.ProducerId, out var entry) && batch.BaseOffset >= entry.FirstOffset && batch.LastOffset < entry.LastOffset;
    }

    /// <summary>Ends a producer's transaction; true when data of it was read before.</summary>
    public bool EndsData(in RecordBatchView marker) => _withData.Remove(marker.ProducerId);
}
