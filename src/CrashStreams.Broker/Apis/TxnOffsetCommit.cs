using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Apis;

/// <summary>Stores positions that become visible when the transaction commits.</summary>
internal static class TxnOffsetCommit
{
    /// <summary>The first version that announces the group by itself (KIP-890).</summary>
    private const short AddsGroupVersion = 5;

    public static TxnOffsetCommitResponse Handle(TxnOffsetCommitRequest request, short version, GroupCoordinator groups, TransactionCoordinator transactions)
    {
        var context = groups.Context;
        var refusal = OffsetRules.CheckSize(request.GroupId, request.MemberId, request.GroupInstanceId, request.Topics.Sum(topic => topic.Partitions.Count), context.Options);
        if (refusal == ErrorCode.None)
            refusal = CheckTransaction(request, version, transactions);
        if (refusal == ErrorCode.None)
            refusal = OffsetRules.Check(groups.Find(request.GroupId), request.MemberId, request.GroupInstanceId, request.GenerationId, isTransactional: true,
                request.Topics.SelectMany(topic => context.Topics.TryGet(topic.Name, out var info) ? topic.Partitions.Select(p => new TopicIdPartition(info.Id, p.PartitionIndex)) : []));
        var accepted = new Dictionary<TopicPartition, CommittedOffset>();
        var written = new List<TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition>();
        var response = new TxnOffsetCommitResponse();
        foreach (var topic in request.Topics)
        {
            var partitions = context.Topics.TryGet(topic.Name, out var known) ? known.Partitions : 0;
            var answers = new List<TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition>();
            response.Topics.Add(new() { Name = topic.Name, Partitions = answers });
            foreach (var partition in topic.Partitions)
            {
                var answer = new TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition { PartitionIndex = partition.PartitionIndex };
                answers.Add(answer);
                answer.ErrorCode = (uint)partition.PartitionIndex >= (uint)partitions ? ErrorCode.UnknownTopicOrPartition
                    : refusal != ErrorCode.None ? refusal : OffsetRules.CheckMetadata(partition.CommittedMetadata, context.Options);
                if (answer.ErrorCode != ErrorCode.None)
                    continue;
                accepted[new TopicPartition(topic.Name, partition.PartitionIndex)] =
                    new CommittedOffset(partition.CommittedOffset, partition.CommittedLeaderEpoch, partition.CommittedMetadata ?? "", context.Timers.NowMs);
                written.Add(answer);
            }
        }
        if (accepted.Count > 0 && Commit(groups.FindOrCreate(request.GroupId), request.ProducerId, accepted) is var error and not ErrorCode.None)
            written.ForEach(answer => answer.ErrorCode = error);
        return response;
    }

    private static ErrorCode Commit(Group? group, long producerId, Dictionary<TopicPartition, CommittedOffset> accepted)
    {
        if (group?.Offsets.HasRoom(accepted.Values) != true)
            return ErrorCode.PolicyViolation;
        return group.Offsets.TryCommitPending(producerId, accepted) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
    }

    private static ErrorCode CheckTransaction(TxnOffsetCommitRequest request, short version, TransactionCoordinator transactions)
    {
        var producer = new ProducerIdentity(request.ProducerId, request.ProducerEpoch);
        var error = version >= AddsGroupVersion
            ? transactions.Add(request.TransactionalId, producer, [], request.GroupId)
            : transactions.VerifyGroup(request.TransactionalId, producer, request.GroupId);
        // Like a produced batch, a commit of a fenced producer carries an invalid epoch.
        return error == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : error;
    }
}
