using System.Diagnostics;
using Confluent.Kafka;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>From nothing to the first acknowledged record, on disk, with a client that connects anew each time.</summary>
internal static class StartUp
{
    private const int WarmUps = 3;
    private const int Starts = 20;

    public static async Task RunAsync()
    {
        var times = new List<double>();
        for (var i = 0; i < WarmUps + Starts; i++)
        {
            var directory = Directory.CreateTempSubdirectory("broker-start");
            var start = Stopwatch.GetTimestamp();
            await using (var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory.FullName }))
            {
                await broker.CreateTopicAsync("lines");
                using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.BootstrapServers, Acks = Acks.All, LingerMs = 0 }).Build();
                await producer.ProduceAsync("lines", new Message<Null, string> { Value = "first" });
                if (i >= WarmUps)
                    times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            directory.Delete(recursive: true);
        }

        Console.WriteLine("start to the first acknowledged record, topic and client included:");
        Console.WriteLine(Spread.Of(times, "ms"));
    }
}
