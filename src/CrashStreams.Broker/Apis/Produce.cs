using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Topics;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Apis;

/// <summary>Appends one batch to each of some partitions.</summary>
internal sealed class Produce(BrokerCore core)
{
    /// <summary>The first version that names topics by id (KIP-516).</summary>
    public const short TopicIdVersion = 13;

    /// <summary>The first version in which a transactional write adds its partition to the transaction (KIP-890).</summary>
    private const short AddsPartitionVersion = 12;

    private const short AllReplicas = -1;

    public void Handle(PreparedProduce prepared, RequestContext context, Action<ProduceResponse?> reply)
    {
        var request = prepared.Request;
        var next = 0;
        var response = new ProduceResponse();
        var failed = false;
        List<(PartitionLog Log, ProduceResponse.PartitionProduceResponse Answer)>? unflushed = null;
        foreach (var topic in request.TopicData)
        {
            var found = context.Version >= TopicIdVersion ? core.Topics.Find(topic.TopicId) : core.Topics.Find(topic.Name);
            var answers = new List<ProduceResponse.PartitionProduceResponse>(topic.PartitionData.Count);
            foreach (var partition in topic.PartitionData)
            {
                var result = Append(request, context.Version, found, partition, prepared.Batches[next++]);
                failed |= result.Error != ErrorCode.None;
                var answer = new ProduceResponse.PartitionProduceResponse
                {
                    Index = partition.Index,
                    ErrorCode = result.Error,
                    BaseOffset = result.Error == ErrorCode.None ? result.BaseOffset : -1,
                    LogAppendTimeMs = result.Error == ErrorCode.None ? result.LogAppendTimeMs : -1,
                    LogStartOffset = result.Error == ErrorCode.None ? result.LogStartOffset : -1,
                    ErrorMessage = result.Message,
                };
                answers.Add(answer);
                if (result.Error == ErrorCode.None && found!.Find(partition.Index)!.Log is var log && GroupFlush.IsNeededFor(log))
                    (unflushed ??= []).Add((log, answer));
            }
            response.Responses.Add(new() { Name = topic.Name, TopicId = topic.TopicId, PartitionResponses = answers });
        }
        if (unflushed is null)
            Answer(request, context, response, failed, reply);
        else
            AnswerAfterFlush(request, context, response, failed, unflushed, reply);
    }

    private void AnswerAfterFlush(
        ProduceRequest request, RequestContext context, ProduceResponse response, bool failed, List<(PartitionLog Log, ProduceResponse.PartitionProduceResponse Answer)> unflushed, Action<ProduceResponse?> reply)
    {
        foreach (var (log, _) in unflushed)
            core.Flushes.Add(log);
        core.Flushes.Then(failedLogs =>
        {
            foreach (var (log, answer) in unflushed)
            {
                if (!failedLogs.Contains(log))
                    continue;
                failed = true;
                (answer.ErrorCode, answer.BaseOffset, answer.LogAppendTimeMs, answer.LogStartOffset) = (ErrorCode.KafkaStorageError, -1, -1, -1);
            }
            Answer(request, context, response, failed, reply);
        });
    }

    private static void Answer(ProduceRequest request, RequestContext context, ProduceResponse response, bool failed, Action<ProduceResponse?> reply)
    {
        if (request.Acks != 0)
        {
            reply(response);
            return;
        }
        // Nobody listens for an answer: only a closed connection tells the producer to look at its metadata again.
        if (failed)
            context.Session.Close();
        reply(null);
    }

    private AppendResult Append(ProduceRequest request, short version, Topic? topic, ProduceRequest.PartitionProduceData data, PreparedBatch prepared)
    {
        if (request.Acks is < AllReplicas or > 1)
            return Refuse(ErrorCode.InvalidRequiredAcks);
        if (topic is null)
            return Refuse(version >= TopicIdVersion ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition);
        if (topic.Find(data.Index) is not { } partition)
            return Refuse(ErrorCode.UnknownTopicOrPartition);
        if (request.Acks == AllReplicas && topic.Configs.MinInSyncReplicas > 1)
            return Refuse(ErrorCode.NotEnoughReplicas);
        if (prepared is { Bytes.IsEmpty: true, Error: not ErrorCode.None })
            return Refuse(prepared.Error, prepared.Message);
        var batch = new RecordBatchView(data.Records.Memory.Span);
        if (batch.IsTransactional)
        {
            var producer = new ProducerIdentity(batch.ProducerId, batch.ProducerEpoch);
            var error = core.Transactions.CheckProduce(request.TransactionalId, producer, new TopicPartition(topic.Name, data.Index), adds: version >= AddsPartitionVersion);
            if (error != ErrorCode.None)
                return Refuse(error);
        }
        return partition.Log.Append(prepared, data.Records.Memory, new AppendOptions { NowMs = core.Timers.NowMs, DefersFlush = true });
    }

    private static AppendResult Refuse(ErrorCode error, string? message = null) => new() { Error = error, Message = message };
}
