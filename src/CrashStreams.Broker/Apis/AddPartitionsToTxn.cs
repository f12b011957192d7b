using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Announces the partitions that a transaction is going to write to; v4 and later for many transactions, or only to verify.</summary>
internal static class AddPartitionsToTxn
{
    /// <summary>The first version whose clients know PRODUCER_FENCED (KIP-588).</summary>
    private const short FencedVersion = 2;
    private const short BatchedVersion = 4;

    public static IEnumerable<AddPartitionsToTxnResponse?> Handle(AddPartitionsToTxnRequest request, short version, TransactionCoordinator transactions, ITopicView topics)
    {
        if (version < BatchedVersion)
        {
            var producer = new ProducerIdentity(request.V3AndBelowProducerId, request.V3AndBelowProducerEpoch);
            yield return new()
            {
                ResultsByTopicV3AndBelow = Add(request.V3AndBelowTopics, topics, partitions =>
                {
                    var error = transactions.Add(request.V3AndBelowTransactionalId, producer, partitions);
                    return error == ErrorCode.ProducerFenced && version < FencedVersion ? ErrorCode.InvalidProducerEpoch : error;
                }),
            };
            yield break;
        }
        var response = new AddPartitionsToTxnResponse();
        foreach (var transaction in request.Transactions)
        {
            response.ResultsByTransaction.Add(new()
            {
                TransactionalId = transaction.TransactionalId,
                TopicResults = transaction.VerifyOnly ? Verify(transaction, transactions) : Add(transaction, transactions, topics),
            });
            yield return null;
        }
        yield return response;
    }

    private static List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult> Add(
        AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction transaction, TransactionCoordinator transactions, ITopicView topics)
    {
        var producer = new ProducerIdentity(transaction.ProducerId, transaction.ProducerEpoch);
        return Add(transaction.Topics, topics, partitions => transactions.Add(transaction.TransactionalId, producer, partitions));
    }

    /// <summary>All or nothing: one unknown partition, and the others are not attempted.</summary>
    private static List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult> Add(
        List<AddPartitionsToTxnRequest.AddPartitionsToTxnTopic> requested, ITopicView topics, Func<List<TopicPartition>, ErrorCode> add)
    {
        var partitions = requested.SelectMany(topic => topic.Partitions.Select(index => new TopicPartition(topic.Name, index))).ToList();
        var unknown = partitions.Where(partition => !topics.TryGet(partition.Topic, out var topic) || partition.Partition < 0 || partition.Partition >= topic.Partitions).ToHashSet();
        if (unknown.Count > 0)
            return Results(requested, partition => unknown.Contains(partition) ? ErrorCode.UnknownTopicOrPartition : ErrorCode.OperationNotAttempted);
        var error = add(partitions);
        return Results(requested, _ => error);
    }

    private static List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult> Verify(
        AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction transaction, TransactionCoordinator transactions)
    {
        var producer = new ProducerIdentity(transaction.ProducerId, transaction.ProducerEpoch);
        return Results(transaction.Topics, partition => transactions.Verify(transaction.TransactionalId, producer, partition));
    }

    private static List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult> Results(
        List<AddPartitionsToTxnRequest.AddPartitionsToTxnTopic> topics, Func<TopicPartition, ErrorCode> errorOf) =>
        topics.ConvertAll(topic => new AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult
        {
            Name = topic.Name,
            ResultsByPartition = topic.Partitions.ConvertAll(index => new AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult
            {
                PartitionIndex = index,
                PartitionErrorCode = errorOf(new TopicPartition(topic.Name, index)),
            }),
        });
}
