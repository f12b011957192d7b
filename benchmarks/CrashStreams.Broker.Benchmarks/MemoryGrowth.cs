using System.Globalization;
using CrashStreams.Broker.Benchmarks.Load;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>What the broker's process holds after each million records, produced through librdkafka to 12 partitions on disk and read again.</summary>
internal static class MemoryGrowth
{
    private const int Partitions = 12;

    public static async Task RunAsync(int millions)
    {
        var directory = Directory.CreateTempSubdirectory("broker-memory").FullName;
        using (var broker = await ServedBroker.StartAsync(directory))
        {
            Print("idle", await broker.ResourcesAsync());
            var rss = new List<double>();
            await ClientLoad.CreateTopicAsync(broker.BootstrapServers, "lines", Partitions);
            for (var i = 1; i <= millions; i++)
            {
                ClientLoad.Produce(broker.BootstrapServers, "lines", 1_000_000);
                ClientLoad.Consume(broker.BootstrapServers, "lines", 1_000_000);
                var used = await broker.ResourcesAsync();
                rss.Add(used.RssMb);
                Print($"{i} M", used);
            }
            // The first millions are the compiler's: code is compiled again as it becomes hot.
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth of RSS over the second half: {rss[^1] - rss[(millions - 1) / 2]:0.0} MB"));
        }
        Directory.Delete(directory, recursive: true);
    }

    private static void Print(string when, Resources used) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{when,6}: RSS {used.RssMb,6:0.0} MB, managed heap {used.HeapMb,6:0.0} MB, {used.Gen2Collections,3} full collections, {used.Threads,3} threads, {used.Files,4} files, {used.CpuSeconds,7:0.0} s of CPU"));
}
