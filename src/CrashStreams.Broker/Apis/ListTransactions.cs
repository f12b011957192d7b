using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>All transactional ids, or those in certain states, of certain producers, open for long, or with matching names.</summary>
internal static class ListTransactions
{
    private const int MaxPatternLength = 1024;
    private const long MostPatternSteps = 1_000_000; // of nanoseconds, for each step of the request

    /// <summary>A state of newer Kafka clients' lists that transactions here pass through within PrepareAbort.</summary>
    private const string PrepareEpochFence = "PrepareEpochFence";

    public static IEnumerable<ListTransactionsResponse?> Handle(ListTransactionsRequest request, TransactionCoordinator transactions, long nowMs, AnswerBudget budget)
    {
        TopicPattern? pattern = null;
        if (!string.IsNullOrEmpty(request.TransactionalIdPattern) && !TopicPattern.TryParse(request.TransactionalIdPattern, MaxPatternLength, out pattern))
        {
            yield return new() { ErrorCode = ErrorCode.InvalidRegularExpression };
            yield break;
        }
        var states = request.StateFilters.ToHashSet();
        var producers = request.ProducerIdFilters.ToHashSet();
        var response = new ListTransactionsResponse { UnknownStateFilters = [.. states.Where(state => state != PrepareEpochFence && !Enum.GetNames<TransactionState>().Contains(state))] };
        foreach (var some in transactions.Transactions.ToArray().Chunk(Steps.Elements))
        {
            var matching = some.ToList();
            var steps = MostPatternSteps;
            if (pattern is not null && !pattern.TryMatch(some, transaction => transaction.TransactionalId, ref steps, out matching))
            {
                yield return new() { ErrorCode = ErrorCode.InvalidRegularExpression };
                yield break;
            }
            foreach (var transaction in matching.Where(transaction => IsInState(transaction) && IsOld(transaction, request, nowMs)))
            {
                if (!budget.TryTake(AnswerBudget.Size(transaction.TransactionalId)))
                    break;
                response.TransactionStates.Add(new()
                {
                    TransactionalId = transaction.TransactionalId,
                    ProducerId = transaction.Producer.Id,
                    TransactionState = transaction.State.ToString(),
                });
            }
            yield return null;
        }
        yield return response;

        bool IsInState(Transaction transaction) =>
            (states.Count == 0 || states.Contains(transaction.State.ToString())) && (producers.Count == 0 || producers.Contains(transaction.Producer.Id));
    }

    private static bool IsOld(Transaction transaction, ListTransactionsRequest request, long nowMs) =>
        request.DurationFilter < 0 || (transaction.StartMs >= 0 && nowMs - transaction.StartMs > request.DurationFilter);
}
