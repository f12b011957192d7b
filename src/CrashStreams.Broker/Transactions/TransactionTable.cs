using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>The transactional ids that are known, each as it was last written to the journal.</summary>
internal sealed class TransactionTable(IJournal journal, StateBudget budget)
{
    private readonly SortedDictionary<string, Transaction> _transactions = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Transaction> All => _transactions.Values;

    public Transaction? Find(string transactionalId) => _transactions.GetValueOrDefault(transactionalId);

    /// <summary>Writes the next value of a transaction and takes it over. False: nothing has changed.</summary>
    public bool TryStore(Transaction next)
    {
        if (!journal.TryAppend([TransactionRecords.Of(next)]))
            return false;
        Replay(next.TransactionalId, next);
        return true;
    }

    public bool TryForget(Transaction transaction)
    {
        _ = transaction.State.To(TransactionState.Dead);
        if (!journal.TryAppend([TransactionRecords.ForgetTransaction(transaction.TransactionalId)]))
            return false;
        Replay(transaction.TransactionalId, null);
        return true;
    }

    public void Replay(string transactionalId, Transaction? transaction)
    {
        budget.Add((transaction?.Bytes ?? 0) - (Find(transactionalId)?.Bytes ?? 0));
        if (transaction is null)
            _transactions.Remove(transactionalId);
        else
            _transactions[transactionalId] = transaction;
    }
}
