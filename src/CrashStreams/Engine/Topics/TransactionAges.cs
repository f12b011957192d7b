using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Since when open transactions are known to be open: since they were first seen. The times of their records do not tell, because these may be event times, and in a replay of old input every
/// transaction would look as old as its records.
/// </summary>
internal sealed class TransactionAges
{
    private Dictionary<(TopicPartition Partition, long ProducerId, long StartOffset), DateTimeOffset> _firstSeen = [];

    /// <summary>Takes what is open now, and answers the transactions that were seen a span of time ago already, with when they were seen first.</summary>
    public List<(OpenTransaction Transaction, DateTimeOffset Since)> OpenFor(TimeSpan span, IReadOnlyCollection<OpenTransaction> open, DateTimeOffset now)
    {
        var seen = new Dictionary<(TopicPartition, long, long), DateTimeOffset>();
        var old = new List<(OpenTransaction, DateTimeOffset)>();
        foreach (var transaction in open)
        {
            var identity = (transaction.Partition, transaction.ProducerId, transaction.StartOffset);
            var since = seen[identity] = _firstSeen.GetValueOrDefault(identity, now);
            if (now - since >= span)
                old.Add((transaction, since));
        }

        _firstSeen = seen;
        return old;
    }
}
