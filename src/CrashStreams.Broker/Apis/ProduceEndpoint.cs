using CrashStreams.Broker.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>Produce requests: their batches are prepared outside the loop, which only appends them.</summary>
internal sealed class ProduceEndpoint(BrokerCore core) : ApiEndpoint(SupportedApis.Of(ApiKey.Produce))
{
    private readonly Produce _produce = new(core);

    public override object Decode(ref WireReader reader, short version)
    {
        var request = ProduceRequest.Read(ref reader, version);
        var batches = new List<(RecordsField, LogConfig?)>(request.TopicData.Sum(topic => topic.PartitionData.Count));
        foreach (var topic in request.TopicData)
        {
            var config = version >= Produce.TopicIdVersion ? core.Topics.Configs.Find(topic.TopicId) : core.Topics.Configs.Find(topic.Name);
            foreach (var partition in topic.PartitionData)
                batches.Add((partition.Records, config));
        }
        return new PreparedProduce(request, batches, core.Timers.NowMs);
    }

    public override void Handle(object request, RequestContext context, Action<IResponse?> reply) => _produce.Handle((PreparedProduce)request, context, reply);
}
