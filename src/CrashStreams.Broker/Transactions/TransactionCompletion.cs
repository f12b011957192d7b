using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>
/// Ends transactions: PrepareX is stored, the participants are told, CompleteX is stored. A participant that can't be told now is tried
/// again until it can; after a restart everyone is told again, which changes nothing for those who knew.
/// </summary>
internal sealed class TransactionCompletion(
    TransactionTable table, ITransactionParticipants participants, ITimerQueue timers, TransactionOptions options)
{
    private const int ParticipantsPerStep = 1000; // a few milliseconds

    /// <summary>
    /// Stores the result and hands it out as far as possible now. False: the result could not be stored, the transaction stays Ongoing.
    /// </summary>
    /// <param name="transaction">An ongoing transaction.</param>
    /// <param name="commit">The result.</param>
    /// <param name="marker">The identity that the markers carry.</param>
    /// <param name="next">The identity for the producer's next transaction.</param>
    /// <param name="previous">The identity that a retry of the request would carry; None when the producer is to be fenced.</param>
    public bool TryPrepare(Transaction transaction, bool commit, ProducerIdentity marker, ProducerIdentity next, ProducerIdentity previous)
    {
        var prepared = transaction.Move(commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort, timers.NowMs) with
        {
            Producer = next,
            Previous = previous,
            Marker = marker,
        };
        if (!table.TryStore(prepared))
            return false;
        Finish(prepared);
        return true;
    }

    /// <summary>Tells the participants of a prepared transaction its result, and completes it when all of them know.</summary>
    public void Finish(Transaction prepared)
    {
        Continue(prepared, TellParticipants(prepared).GetEnumerator(), allKnow: true);
    }

    /// <summary>Tells some of them; when there are thousands, other requests are served in between.</summary>
    private void Continue(Transaction prepared, IEnumerator<bool> results, bool allKnow)
    {
        for (var told = 0; told < ParticipantsPerStep; told++)
        {
            if (!results.MoveNext())
            {
                End(prepared, allKnow);
                return;
            }
            allKnow &= results.Current;
        }
        timers.Schedule(timers.NowMs + 1, () => Continue(prepared, results, allKnow));
    }

    private void End(Transaction prepared, bool allKnow)
    {
        if (!allKnow || !TryComplete(prepared))
            timers.Schedule(timers.NowMs + options.RetryMs, () => Retry(prepared.TransactionalId));
    }

    private IEnumerable<bool> TellParticipants(Transaction prepared)
    {
        foreach (var partition in prepared.Partitions)
            yield return participants.WriteMarker(partition, prepared.Marker, prepared.IsCommit) != MarkerResult.Failed;
        foreach (var group in prepared.Groups)
            yield return participants.TryEndOffsets(group, prepared.Marker.Id, prepared.IsCommit);
    }

    private bool TryComplete(Transaction prepared) =>
        table.TryStore(prepared.Move(prepared.IsCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, timers.NowMs) with
        {
            Marker = ProducerIdentity.None,
            Partitions = [],
            Groups = [],
        });

    private void Retry(string transactionalId)
    {
        if (table.Find(transactionalId) is { } transaction && transaction.State.IsPrepared())
            Finish(transaction);
    }
}
