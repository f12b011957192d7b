using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>The transactional ids that are known, each as it was last written to the journal.</summary>
internal sealed class TransactionTable(IJournal journal)
{
    private readonly SortedDictionary<string, Transaction> _transactions = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Transaction> All => _transactions.Values;

    public Transaction? Find(string transactionalId) => _transactions.GetValueOrDefault(transactionalId);

    /// <summary>Writes the next value of a transaction and takes it over. False: nothing has changed.</summary>
    public bool TryStore(Transaction next)
    {
        if (!journal.TryAppend([TransactionRecords.Of(next)]))
            return false;
        _transactions[next.TransactionalId] = next;
        return true;
    }

    public bool TryForget(Transaction transaction)
    {
        _ = transaction.State.To(TransactionState.Dead);
        return journal.TryAppend([TransactionRecords.ForgetTransaction(transaction.TransactionalId)])
            && _transactions.Remove(transaction.TransactionalId);
    }

    public void Replay(string transactionalId, Transaction? transaction)
    {
        if (transaction is null)
            _transactions.Remove(transactionalId);
        else
            _transactions[transactionalId] = transaction;
    }
}
