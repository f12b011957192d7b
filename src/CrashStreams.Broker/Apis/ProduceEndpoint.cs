using CrashStreams.Broker.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>A produce request with its batches prepared for the log, in the order of the request.</summary>
internal sealed record PreparedProduce(ProduceRequest Request, IReadOnlyList<PreparedBatch> Batches);

/// <summary>Produce requests: their batches are checked while they are decoded, outside the loop, which only appends them.</summary>
internal sealed class ProduceEndpoint(BrokerCore core) : ApiEndpoint(SupportedApis.Of(ApiKey.Produce))
{
    private readonly Produce _produce = new(core);

    public override object Decode(ref WireReader reader, short version)
    {
        var request = ProduceRequest.Read(ref reader, version);
        var nowMs = core.Timers.NowMs;
        var batches = new List<PreparedBatch>();
        foreach (var topic in request.TopicData)
        {
            var config = version >= Produce.TopicIdVersion ? core.Topics.Configs.Find(topic.TopicId) : core.Topics.Configs.Find(topic.Name);
            foreach (var partition in topic.PartitionData)
                batches.Add(Prepare(partition.Records, config, nowMs));
        }
        return new PreparedProduce(request, batches);
    }

    public override void Handle(object request, RequestContext context, Action<IResponse?> reply) => _produce.Handle((PreparedProduce)request, context, reply);

    private static PreparedBatch Prepare(RecordsField records, LogConfig? config, long nowMs)
    {
        if (records.IsNull || RecordBatchView.TryRead(records.Memory.Span, out var batch) != BatchRead.Whole || batch.SizeInBytes != records.Length)
            return new(default, config, records.Length > 0 ? ErrorCode.CorruptMessage : ErrorCode.InvalidRecord, "A partition's records must be exactly one whole batch.");
        return config is null ? new(default, null) : PreparedBatch.Of(records.Memory, config, nowMs);
    }
}
