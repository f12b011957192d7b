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

    /// <summary>So many batches are appended at a time; more of them in steps, because each is a call of the system, which waits where the disk is behind.</summary>
    private const int AppendsPerStep = 20;

    public void Handle(PreparedProduce prepared, RequestContext context, Action<ProduceResponse?> reply)
    {
        if (prepared.Count > AppendsPerStep)
        {
            var waits = new StepWaits();
            new StepwiseRequest<ProduceResponse>(
                InSteps(prepared, context, waits).GetEnumerator(), waits, core.Steps, core.Timers, context.Session, response => Answer(prepared.Request, context, response, reply)).Run();
            return;
        }
        var response = new ProduceResponse();
        List<Unflushed>? unflushed = null;
        foreach (var appended in Append(prepared, context, response))
            if (appended.IsNeeded)
                (unflushed ??= []).Add(appended);
        if (unflushed is null)
            Answer(prepared.Request, context, response, reply);
        else
            Flush(unflushed, _ => Answer(prepared.Request, context, response, reply));
    }

    /// <summary>A request of many partitions: each is written by a call of the system.</summary>
    private IEnumerable<ProduceResponse?> InSteps(PreparedProduce prepared, RequestContext context, StepWaits waits)
    {
        var response = new ProduceResponse();
        var unflushed = new List<Unflushed>();
        var appends = 0;
        foreach (var appended in Append(prepared, context, response))
        {
            if (appended.IsNeeded)
                unflushed.Add(appended);
            if (++appends % AppendsPerStep != 0)
                continue;
            FlushAndWait();
            yield return null;
        }
        FlushAndWait();
        yield return null;
        yield return response;

        // Before the next step: others may read what was appended, and are not to read what a power cut could take back.
        void FlushAndWait()
        {
            if (unflushed.Count > 0)
                _ = waits.For<bool>(done => Flush(unflushed, done));
            unflushed = [];
        }
    }

    /// <summary>Appends one partition's batch after the other, and adds what has come of it to the answer.</summary>
    private IEnumerable<Unflushed> Append(PreparedProduce prepared, RequestContext context, ProduceResponse response)
    {
        var next = 0;
        foreach (var topic in prepared.Request.TopicData)
        {
            var answers = new List<ProduceResponse.PartitionProduceResponse>(topic.PartitionData.Count);
            response.Responses.Add(new() { Name = topic.Name, TopicId = topic.TopicId, PartitionResponses = answers });
            foreach (var partition in topic.PartitionData)
            {
                // Each time: in another step the topic may be gone.
                var found = context.Version >= TopicIdVersion ? core.Topics.Find(topic.TopicId) : core.Topics.Find(topic.Name);
                var result = Append(prepared.Request, context.Version, found, partition, prepared.Batches[next++]);
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
                yield return new(result.Error == ErrorCode.None ? found!.Find(partition.Index)!.Log : null, answer);
            }
        }
    }

    private void Flush(List<Unflushed> unflushed, Action<bool> done)
    {
        foreach (var (log, _) in unflushed)
            core.Flushes.Add(log!);
        core.Flushes.Then(failedLogs =>
        {
            foreach (var (log, answer) in unflushed)
                if (failedLogs.Contains(log!))
                    (answer.ErrorCode, answer.BaseOffset, answer.LogAppendTimeMs, answer.LogStartOffset) = (ErrorCode.KafkaStorageError, -1, -1, -1);
            done(true);
        });
    }

    private static void Answer(ProduceRequest request, RequestContext context, ProduceResponse? response, Action<ProduceResponse?> reply)
    {
        if (request.Acks != 0)
        {
            reply(response);
            return;
        }
        // Nobody listens for an answer: only a closed connection tells the producer to look at its metadata again.
        if (response?.Responses.Exists(topic => topic.PartitionResponses.Exists(partition => partition.ErrorCode != ErrorCode.None)) == true)
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

    /// <summary>What was appended to a log; null where nothing was.</summary>
    private readonly record struct Unflushed(PartitionLog? Log, ProduceResponse.PartitionProduceResponse Answer)
    {
        public bool IsNeeded => Log is not null && GroupFlush.IsNeededFor(Log);
    }
}
