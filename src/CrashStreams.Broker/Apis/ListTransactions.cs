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

    public static ListTransactionsResponse Handle(ListTransactionsRequest request, TransactionCoordinator transactions, long nowMs)
    {
        TopicPattern? pattern = null;
        if (!string.IsNullOrEmpty(request.TransactionalIdPattern) && !TopicPattern.TryParse(request.TransactionalIdPattern, MaxPatternLength, out pattern))
            return new ListTransactionsResponse { ErrorCode = ErrorCode.InvalidRegularExpression };
        return new ListTransactionsResponse
        {
            UnknownStateFilters = request.StateFilters.FindAll(state => state != PrepareEpochFence && !Enum.GetNames<TransactionState>().Contains(state)),
            TransactionStates =
            [
                .. transactions.Transactions
                    .Where(transaction => IsWanted(transaction, request, nowMs) && pattern?.Matches(transaction.TransactionalId) != false)
                    .Select(transaction => new ListTransactionsResponse.TransactionStateData
                    {
                        TransactionalId = transaction.TransactionalId,
                        ProducerId = transaction.Producer.Id,
                        TransactionState = transaction.State.ToString(),
                    }),
            ],
        };
    }

    private static bool IsWanted(Transaction transaction, ListTransactionsRequest request, long nowMs) =>
        (request.StateFilters.Count == 0 || request.StateFilters.Contains(transaction.State.ToString()))
        && (request.ProducerIdFilters.Count == 0 || request.ProducerIdFilters.Contains(transaction.Producer.Id))
        && (request.DurationFilter < 0 || (transaction.StartMs >= 0 && nowMs - transaction.StartMs > request.DurationFilter));
}
