using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Faults;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Server;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Messages;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>Receives and acknowledges what is produced, and neither looks at it nor stores it: what a client reaches with a broker that does nothing.</summary>
internal static class NullBroker
{
    public static async Task ServeAsync(int port)
    {
        var options = new BrokerOptions { Port = port };
        await using var server = new BrokerServer(options, NullLogger.Instance);
        var timers = new Timers(TimeProvider.System);
        using var loop = new BrokerLoop(timers, TimeProvider.System, NullLogger.Instance, new LoopWatchdog(TimeSpan.FromSeconds(1), NullLogger.Instance));
        var core = new BrokerCore(options, new MemoryStorage(), timers, new PoolWorkers(loop), Random.Shared, new NodeAddress(1, "127.0.0.1", server.Port), new BrokerFaults());
        core.Apis.Add<ProduceRequest, ProduceResponse>((request, _) => Acknowledge(request));
        loop.TurnEnded = core.EndTurn;
        server.Start(core, loop);
        Console.WriteLine($"ready: 127.0.0.1:{server.Port}");
        await new TaskCompletionSource().Task; // until it is killed
    }

    private static ProduceResponse Acknowledge(ProduceRequest request) => new()
    {
        Responses = [.. request.TopicData.Select(topic => new ProduceResponse.TopicProduceResponse
        {
            Name = topic.Name,
            TopicId = topic.TopicId,
            PartitionResponses = [.. topic.PartitionData.Select(partition => new ProduceResponse.PartitionProduceResponse { Index = partition.Index })],
        })],
    };
}
