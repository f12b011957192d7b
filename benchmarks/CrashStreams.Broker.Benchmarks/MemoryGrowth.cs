using System.Diagnostics;
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
        var (process, address) = await BrokerProgram.StartAsync(directory);
        Print("idle", process);
        var rss = new List<double>();
        await ClientLoad.CreateTopicAsync(address, "lines", Partitions);
        for (var i = 1; i <= millions; i++)
        {
            ClientLoad.Produce(address, "lines", 1_000_000);
            ClientLoad.Consume(address, "lines", 1_000_000);
            rss.Add(Print($"{i} M", process));
        }
        await BrokerProgram.KillAsync(process);
        Directory.Delete(directory, recursive: true);
        // The first millions are the compiler's: code is compiled again as it becomes hot.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth of RSS over the second half: {rss[^1] - rss[(millions - 1) / 2]:0.0} MB"));
    }

    private static double Print(string when, Process process)
    {
        process.Refresh();
        var rss = process.WorkingSet64 / 1048576.0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when,6}: RSS {rss,6:0.0} MB, {process.Threads.Count,3} threads, {process.TotalProcessorTime.TotalSeconds,7:0.0} s of CPU"));
        return rss;
    }
}
