using System.Diagnostics;
using CrashStreams.Broker.Benchmarks.Load;
using Confluent.Kafka;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>Three librdkafka consumers of the KIP-848 protocol start at once; until each has its third of 12 partitions.</summary>
internal static class Settling
{
    private const int Members = 3;
    private const int Partitions = 12;

    public static async Task RunAsync(string bootstrap, int times)
    {
        var topic = $"settle-{Guid.NewGuid():N}";
        await ClientLoad.CreateTopicAsync(bootstrap, topic, Partitions);
        Once(bootstrap, topic);
        Console.WriteLine(Spread.Of(Enumerable.Range(0, times).Select(_ => Once(bootstrap, topic)), "ms"));
    }

    private static double Once(string bootstrap, string topic)
    {
        var group = Guid.NewGuid().ToString();
        var consumers = Enumerable.Range(0, Members)
            .Select(_ => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrap, GroupId = group, GroupProtocol = GroupProtocol.Consumer }).Build()).ToList();
        var start = Stopwatch.GetTimestamp();
        foreach (var consumer in consumers)
            consumer.Subscribe(topic);
        while (consumers.Exists(consumer => consumer.Assignment.Count != Partitions / Members))
        {
            foreach (var consumer in consumers)
                consumer.Consume(TimeSpan.FromMilliseconds(5));
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(1))
                throw new TimeoutException("The members did not settle within a minute.");
        }
        var ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        foreach (var consumer in consumers)
        {
            consumer.Close();
            consumer.Dispose();
        }
        return ms;
    }
}
