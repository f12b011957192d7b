using System.Diagnostics;
using System.Globalization;
using CrashStreams.Broker.Benchmarks.Load;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>What the broker's process holds after each million records, produced through librdkafka to 12 partitions on disk and read again.</summary>
internal static class MemoryGrowth
{
    private const int Partitions = 12;

    /// <summary>The program of the command line.</summary>
    public static async Task RunProgramAsync(int millions)
    {
        var directory = Directory.CreateTempSubdirectory("broker-memory").FullName;
        var (process, address) = await BrokerProgram.StartAsync(directory);
        await MeasureAsync(address, millions, () =>
        {
            process.Refresh();
            return Task.FromResult((process.WorkingSet64 / 1048576.0, process.Threads.Count, process.TotalProcessorTime.TotalSeconds));
        });
        await BrokerProgram.KillAsync(process);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Embedded in a process that has the runtime's usual settings, compiler included.</summary>
    public static async Task RunEmbeddedAsync(int millions)
    {
        var directory = Directory.CreateTempSubdirectory("broker-memory").FullName;
        using (var broker = await ServedBroker.StartAsync(directory))
        {
            await MeasureAsync(broker.BootstrapServers, millions, async () =>
            {
                var resources = await broker.ResourcesAsync();
                return (resources.RssMb, resources.Threads, resources.CpuSeconds);
            });
        }
        Directory.Delete(directory, recursive: true);
    }

    private static async Task MeasureAsync(string address, int millions, Func<Task<(double RssMb, int Threads, double CpuSeconds)>> measure)
    {
        await PrintAsync("idle", measure);
        var rss = new List<double>();
        await ClientLoad.CreateTopicAsync(address, "lines", Partitions);
        for (var i = 1; i <= millions; i++)
        {
            ClientLoad.Produce(address, "lines", 1_000_000);
            ClientLoad.Consume(address, "lines", 1_000_000);
            rss.Add(await PrintAsync($"{i} M", measure));
        }
        // The first millions are the compiler's: code is compiled again as it becomes hot.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth of RSS over the second half: {rss[^1] - rss[(millions - 1) / 2]:0.0} MB"));
    }

    private static async Task<double> PrintAsync(string when, Func<Task<(double RssMb, int Threads, double CpuSeconds)>> measure)
    {
        var (rss, threads, cpu) = await measure();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when,6}: RSS {rss,6:0.0} MB, {threads,3} threads, {cpu,7:0.0} s of CPU"));
        return rss;
    }
}
