using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows transactional ids and their open transactions.</summary>
internal static class DescribeTransactions
{
    public static IEnumerable<DescribeTransactionsResponse?> Handle(DescribeTransactionsRequest request, TransactionCoordinator transactions, AnswerBudget budget)
    {
        var response = new DescribeTransactionsResponse();
        foreach (var id in request.TransactionalIds.Distinct())
        {
            response.TransactionStates.Add(Find(id, transactions, budget));
            yield return null;
        }
        yield return response;
    }

    private static DescribeTransactionsResponse.TransactionStateData Find(string id, TransactionCoordinator transactions, AnswerBudget budget)
    {
        if (transactions.Find(id) is not { } transaction)
            return new() { TransactionalId = id, ErrorCode = ErrorCode.TransactionalIdNotFound };
        return budget.TryTake(transaction.Bytes) ? Describe(transaction) : new() { TransactionalId = id, ErrorCode = ErrorCode.InvalidRequest };
    }

    private static DescribeTransactionsResponse.TransactionStateData Describe(Transaction transaction) => new()
    {
        TransactionalId = transaction.TransactionalId,
        TransactionState = transaction.State.ToString(),
        TransactionTimeoutMs = transaction.TimeoutMs,
        TransactionStartTimeMs = transaction.StartMs,
        ProducerId = transaction.Producer.Id,
        ProducerEpoch = transaction.Producer.Epoch,
        Topics =
        [
            .. transaction.Partitions.GroupBy(partition => partition.Topic, partition => partition.Partition)
                .Select(topic => new DescribeTransactionsResponse.TopicData { Topic = topic.Key, Partitions = [.. topic] }),
        ],
    };
}
