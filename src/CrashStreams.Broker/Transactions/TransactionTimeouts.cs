using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Transactions;

/// <summary>Aborts transactions that stay open for longer than their producer allowed, and forgets transactional ids that nobody uses.</summary>
internal sealed class TransactionTimeouts(
    TransactionTable table, ITimerQueue timers, TransactionOptions options, Func<Transaction, ProducerIdentity, bool> tryFence)
{
    private readonly Dictionary<string, Deadline> _deadlines = [];

    public void Start()
    {
        foreach (var transaction in table.All.Where(transaction => transaction.State == TransactionState.Ongoing))
            Watch(transaction);
        timers.Schedule(timers.NowMs + options.ExpirationCheckMs, ForgetIdle);
    }

    public void Watch(Transaction ongoing)
    {
        if (!_deadlines.TryGetValue(ongoing.TransactionalId, out var deadline))
            _deadlines[ongoing.TransactionalId] = deadline = new Deadline(timers, () => TimeOut(ongoing.TransactionalId));
        deadline.Set(ongoing.StartMs + ongoing.TimeoutMs);
    }

    private void TimeOut(string transactionalId)
    {
        if (table.Find(transactionalId) is not { State: TransactionState.Ongoing } transaction)
            return;
        // The deadline may be an ended transaction's; the current one has its own start.
        if (transaction.StartMs + transaction.TimeoutMs > timers.NowMs)
            Watch(transaction);
        else if (!tryFence(transaction, ProducerIdentity.None))
            _deadlines[transactionalId].SetAfter(options.RetryMs);
    }

    private void ForgetIdle()
    {
        var idleSince = timers.NowMs - options.IdExpirationMs;
        var idle = table.All.Where(transaction => transaction.LastUpdateMs <= idleSince
            && (transaction.State == TransactionState.Empty || transaction.State.IsComplete())).ToList();
        foreach (var transaction in idle.Where(table.TryForget))
            _deadlines.Remove(transaction.TransactionalId);
        timers.Schedule(timers.NowMs + options.ExpirationCheckMs, ForgetIdle);
    }
}
