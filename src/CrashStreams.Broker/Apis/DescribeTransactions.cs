using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Shows transactional ids and their open transactions.</summary>
internal static class DescribeTransactions
{
    public static DescribeTransactionsResponse Handle(DescribeTransactionsRequest request, TransactionCoordinator transactions) => new()
    {
        TransactionStates = request.TransactionalIds.ConvertAll(id => transactions.Find(id) is { } transaction
            ? Describe(transaction)
            : new DescribeTransactionsResponse.TransactionStateData { TransactionalId = id, ErrorCode = ErrorCode.TransactionalIdNotFound }),
    };

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
