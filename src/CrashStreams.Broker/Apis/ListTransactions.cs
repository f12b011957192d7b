using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>All transactional ids, or those in certain states, of certain producers, open for long, or with matching names.</summary>
internal static class ListTransactions
{
    private const int MaxPatternLength = 1024;

    /// <summary>A state of newer Kafka clients' lists that transactions here pass through within PrepareAbort.</summary>
    private const string PrepareEpochFence = "PrepareEpochFence";

    public static ListTransactionsResponse Handle(ListTransactionsRequest request, TransactionCoordinator transactions, long nowMs, AnswerBudget budget)
    {
        TopicPattern? pattern = null;
        if (!string.IsNullOrEmpty(request.TransactionalIdPattern) && !TopicPattern.TryParse(request.TransactionalIdPattern, MaxPatternLength, out pattern))
            return new ListTransactionsResponse { ErrorCode = ErrorCode.InvalidRegularExpression };
        var all = transactions.Transactions.ToList();
        if (pattern is not null && !pattern.TryMatch(all, transaction => transaction.TransactionalId, out all))
            return new ListTransactionsResponse { ErrorCode = ErrorCode.InvalidRegularExpression };
        var states = request.StateFilters.ToHashSet();
        var producers = request.ProducerIdFilters.ToHashSet();
        return new ListTransactionsResponse
        {
            UnknownStateFilters = [.. states.Where(state => state != PrepareEpochFence && !Enum.GetNames<TransactionState>().Contains(state))],
            TransactionStates =
            [
                .. all
                    .Where(transaction => IsInState(transaction) && IsOld(transaction, request, nowMs))
                    .TakeWhile(transaction => budget.TryTake(AnswerBudget.Size(transaction.TransactionalId)))
                    .Select(transaction => new ListTransactionsResponse.TransactionStateData
                    {
                        TransactionalId = transaction.TransactionalId,
                        ProducerId = transaction.Producer.Id,
                        TransactionState = transaction.State.ToString(),
                    }),
            ],
        };

        bool IsInState(Transaction transaction) =>
            (states.Count == 0 || states.Contains(transaction.State.ToString())) && (producers.Count == 0 || producers.Contains(transaction.Producer.Id));
    }

    private static bool IsOld(Transaction transaction, ListTransactionsRequest request, long nowMs) =>
        request.DurationFilter < 0 || (transaction.StartMs >= 0 && nowMs - transaction.StartMs > request.DurationFilter);
}
