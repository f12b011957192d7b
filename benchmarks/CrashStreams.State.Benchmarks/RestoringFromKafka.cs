using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// A start of a real application whose state is gone: its changelog is read from an Apache Kafka on the same machine into an empty RocksDB. Then the
/// same after an orderly end, which has nothing to restore. Beside it, what only reading the changelog takes. Last, both starts in processes of their own:
/// what the one needs at most beyond the other is the memory of the restore.
/// </summary>
internal static class RestoringFromKafka
{
    public static async Task RunAsync(string kafkaHome, IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 1_000_000), partitions = arguments.Number("partitions", 4), rounds = arguments.Number("rounds", 3);
        var budget = (long)arguments.Number("budget", 256) << 20;
        Console.WriteLine("Starting Apache Kafka");
        using var kafka = new ApacheKafka(kafkaHome);
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = kafka.Bootstrap });
        Console.WriteLine($"Writing a changelog of {keys:N0} keys, {Entries.KeyLength} B, with values of 8 B, over {partitions} partitions");
        await Totals.FillAsync(clients, keys, partitions);
        // A broker that has just started compiles at the cost of whoever reads first.
        for (var round = 1; round <= 4; round++)
            ReadOnly(clients, keys, partitions);
        for (var round = 1; round <= rounds; round++)
        {
            Console.WriteLine($"{round}/{rounds} only read        {Measured.Of(() => ReadOnly(clients, keys, partitions)).Per(keys)}");
            var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
            Console.WriteLine($"{round}/{rounds} restored         {await StartAsync(clients, directory, budget, partitions, keys)}");
            Console.WriteLine($"{round}/{rounds} orderly restart  {await StartAsync(clients, directory, budget, partitions, keys)}");
            Directory.Delete(directory, recursive: true);
        }

        for (var round = 1; round <= rounds; round++)
        {
            var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
            var restoring = Peak(kafka.Bootstrap, directory, partitions, keys);
            var size = Directory.EnumerateFiles(directory, "*.sst", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) / 1e6;
            var orderly = Peak(kafka.Bootstrap, directory, partitions, 0);
            Console.WriteLine($"{round}/{rounds} processes of their own: {restoring:0.0} MB at most with a restore, {orderly:0.0} MB without: +{restoring - orderly:0.0} MB, {(restoring - orderly) / size:P0} of {size:0} MB on disk");
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void ReadOnly(KafkaLogClients clients, int keys, int partitions)
    {
        using var consumer = clients.CreateRestoreConsumer("read", readCommitted: false);
        consumer.Assign(Enumerable.Range(0, partitions).ToDictionary(p => new TopicPartition(Totals.Changelog, p), _ => 0L));
        for (var count = 0; count < keys;)
            count += consumer.Poll(TimeSpan.FromMilliseconds(100)).Count;
    }

    private static async Task<string> StartAsync(KafkaLogClients clients, string directory, long budget, int partitions, int keys)
    {
        var (restored, seconds) = (0L, 0.0);
        var measured = await Measured.OfAsync(async () => (restored, seconds) = await Totals.RunAsync(clients, directory, budget, partitions, static (_, _) => Task.CompletedTask));
        return (restored == 0 ? "nothing to restore" : $"{restored / seconds / 1e6,6:0.00} M/s  {restored:N0} of {keys:N0} records in {seconds:0.00} s")
            + $"  {measured.CpuSeconds:0.00} CPU s  +{measured.MoreMegabytes:0.0} MB for the whole start";
    }

    private static double Peak(string bootstrap, string directory, int partitions, int expected)
    {
        using var process = new TotalsProcess(bootstrap, directory, partitions, goesOn: false);
        var (restored, _, peak) = process.UntilRunning();
        process.WaitForEnd();
        return restored == expected ? peak : throw new InvalidOperationException($"{restored} records were restored instead of {expected}.");
    }
}
