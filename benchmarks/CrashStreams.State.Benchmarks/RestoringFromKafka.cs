using System.Diagnostics;
using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Runtime;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// A start of a real application whose state is gone: its changelog is read from an Apache Kafka on the same machine into an empty RocksDB. Then the
/// same after its state was left as by a crash, and after an orderly end. Beside it, what only reading the changelog takes.
/// </summary>
internal static class RestoringFromKafka
{
    private const string Application = "restore";
    private const string Changelog = $"{Application}-totals-changelog";
    private const string Input = "amounts";

    public static async Task RunAsync(string kafkaHome, IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 1_000_000), partitions = arguments.Number("partitions", 4), rounds = arguments.Number("rounds", 3);
        var budget = (long)arguments.Number("budget", 256) << 20;
        Console.WriteLine("Starting Apache Kafka");
        using var kafka = new ApacheKafka(kafkaHome);
        var props = new Dictionary<string,string>();
        if (Environment.GetEnvironmentVariable("PF") is {} pf) props["max.partition.fetch.bytes"] = pf;
        if (Environment.GetEnvironmentVariable("QM") is {} qm) props["queued.min.messages"] = qm;
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = kafka.Bootstrap, ConsumerProperties = props });
        Console.WriteLine($"Writing a changelog of {keys:N0} keys, {Entries.KeyLength} B, with values of 8 B, over {partitions} partitions");
        await FillAsync(clients, keys, partitions);
        for (var round = 1; round <= rounds; round++)
        {
            var bare = Measured.Of(() => ReadOnly(clients, keys, partitions));
            Console.WriteLine($"{round}/{rounds} only read       {bare.Per(keys)}");
            var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
            using (var state = new RocksDbState(new() { Directory = directory, MemoryBudgetBytes = budget }))
                await StartAsync(clients, state, $"{round}/{rounds} restored        ", keys, partitions);
            var size = Directory.EnumerateFiles(directory, "*.sst", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
            Console.WriteLine($"{round}/{rounds} on disk: {size / 1e6:0} MB");
            using (var state = new RocksDbState(new() { Directory = directory, MemoryBudgetBytes = budget }))
                await StartAsync(clients, state, $"{round}/{rounds} orderly restart ", keys, partitions);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task FillAsync(KafkaLogClients clients, int keys, int partitions)
    {
        using var admin = clients.CreateAdmin("fill");
        await admin.CreateTopicsAsync(
            [new(Input, partitions, new Dictionary<string, string>()), new(Changelog, partitions, new Dictionary<string, string> { ["cleanup.policy"] = "compact" })], default);
        using var producer = clients.CreateProducer("fill", null);
        var entries = new Entries(keys);
        for (var number = 0L; number < keys; number++)
        {
            var key = entries.Key(number);
            producer.Send(Changelog, Murmur2.Partition(key, partitions), new LogRecord
            {
                Key = key, HasKey = true, Value = entries.Value(number)[..sizeof(long)], HasValue = true, Timestamp = DateTimeOffset.UnixEpoch.ToUnixTimeMilliseconds() + 1_700_000_000_000,
            });
        }

        producer.Flush();
    }

    private static void ReadOnly(KafkaLogClients clients, int keys, int partitions)
    {
        using var consumer = clients.CreateRestoreConsumer("read", readCommitted: false);
        consumer.Assign(Enumerable.Range(0, partitions).ToDictionary(p => new TopicPartition(Changelog, p), _ => 0L));
        for (var count = 0; count < keys;)
            count += consumer.Poll(TimeSpan.FromMilliseconds(100)).Count;
    }

    private static async Task StartAsync(KafkaLogClients clients, IStateStorage state, string what, int keys, int partitions)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>(Input).GroupByKey().Reduce((total, amount) => total + amount, new() { Name = "totals" });
        var (restored, began, ended) = (0L, 0L, 0L);
        var left = new Dictionary<TopicPartition, long>();
        var options = new StreamsOptions
        {
            ApplicationId = Application,
            State = state,
            OnRestore = progress =>
            {
                if (began == 0)
                    began = Stopwatch.GetTimestamp();
                left[progress.Changelog] = progress.Remaining;
                restored += progress.IsComplete ? progress.Records : 0;
                if (progress.IsComplete && left.Values.Sum() == 0)
                    Volatile.Write(ref ended, Stopwatch.GetTimestamp());
            },
        };
        var measured = Measured.Of(() => UntilRunningAsync(builder.Build(), options, clients, partitions).GetAwaiter().GetResult());
        var seconds = ended == 0 ? 0 : Stopwatch.GetElapsedTime(began, ended).TotalSeconds;
        Console.WriteLine(seconds == 0
            ? $"{what} nothing to restore ({restored} records)  +{measured.MoreMegabytes:0.0} MB"
            : $"{what} {restored / seconds / 1e6,6:0.00} M/s  {restored:N0} of {keys:N0} records in {seconds:0.00} s  {measured.CpuSeconds:0.00} CPU s  +{measured.MoreMegabytes:0.0} MB");
    }

    private static async Task UntilRunningAsync(Topology topology, StreamsOptions options, KafkaLogClients clients, int partitions)
    {
        await using var application = new StreamsApplication(topology, options, clients);
        await application.StartAsync();
        var patience = Stopwatch.StartNew();
        while (application.Threads.Single().RunningTasks is var tasks && (tasks.Count < partitions || tasks.Any(static t => t.State != TaskState.Running)))
        {
            if (patience.Elapsed > TimeSpan.FromMinutes(5))
                throw new TimeoutException("The tasks do not run after 5 minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
