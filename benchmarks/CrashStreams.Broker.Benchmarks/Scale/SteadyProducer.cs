using System.Diagnostics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Benchmarks.Scale;

/// <summary>Sends one small batch after the other at a fixed interval, to one partition after the other; a batch counts from when it was due.</summary>
internal sealed class SteadyProducer(ScaleTopic[] topics, int number, TimeSpan interval, ScaleCounts counts)
{
    private const int RecordsPerBatch = 10;
    private const int ValueBytes = 157;

    public async Task RunAsync(string bootstrap, CancellationToken stop)
    {
        using var client = new WireClient();
        await client.ConnectAsync(bootstrap);
        using var timer = new PeriodicTimer(interval);
        var random = new Random(number);
        while (await timer.WaitForNextTickAsync(stop))
        {
            var due = Stopwatch.GetTimestamp();
            var topic = topics[random.Next(topics.Length)];
            var answer = await client.SendAsync<ProduceRequest, ProduceResponse>(Request(topic, random.Next(topic.Partitions)));
            if (counts.Accept("produce", answer.Responses[0].PartitionResponses[0].ErrorCode))
                counts.CountProduced(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        }
    }

    private static ProduceRequest Request(ScaleTopic topic, int partition)
    {
        using var builder = new RecordBatchBuilder();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < RecordsPerBatch; i++)
            builder.Append(now, RecordField.Null, new byte[ValueBytes]);
        return new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 10_000,
            TopicData = [new() { TopicId = topic.Id, PartitionData = [new() { Index = partition, Records = new RecordsField(builder.Build().ToArray()) }] }],
        };
    }
}
