using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Kafka.Fetching;

/// <summary>
/// Which batches of an answer belong to aborted transactions. The broker lists them with the offsets at which they begin; each ends at its producer's abort marker (KIP-98).
/// </summary>
internal sealed class AbortedTransactions
{
    private readonly List<FetchResponse.AbortedTransaction> _byFirstOffset;
    private readonly HashSet<long> _open = [];
    private int _next;

    private AbortedTransactions(List<FetchResponse.AbortedTransaction> transactions)
    {
        _byFirstOffset = transactions;
        _byFirstOffset.Sort(static (a, b) => a.FirstOffset.CompareTo(b.FirstOffset));
    }

    /// <summary>Null when there are none.</summary>
    public static AbortedTransactions? Of(List<FetchResponse.AbortedTransaction>? transactions) => transactions is { Count: > 0 } ? new(transactions) : null;

    /// <summary>Whether a reader of committed records sees nothing of this batch. Batches come in the order of their offsets.</summary>
    public bool Hides(in RecordBatchView batch)
    {
        while (_next < _byFirstOffset.Count && _byFirstOffset[_next].FirstOffset <= batch.LastOffset)
            _open.Add(_byFirstOffset[_next++].ProducerId);
        if (!batch.IsTransactional || !_open.Contains(batch.ProducerId))
            return false;
        if (ControlRecord.TryRead(batch, out var type, out _) && type == ControlType.Abort)
            _open.Remove(batch.ProducerId);
        return true;
    }
}
