using System.Diagnostics;
using CrashStreams.Engine;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.RocksDb;

namespace CrashStreams.State.Benchmarks;

/// <summary>The application whose state is restored: a total per key, in RocksDB.</summary>
internal static class Totals
{
    public const string Input = "amounts";
    public const string Changelog = $"{Application}-totals-changelog";
    private const string Application = "restore";

    /// <summary>Makes its topics and writes a changelog of so many keys, as if it had run before.</summary>
    public static async Task FillAsync(KafkaLogClients clients, int keys, int partitions)
    {
        using var admin = clients.CreateAdmin("fill");
        await admin.CreateTopicsAsync(
            [new(Input, partitions, new Dictionary<string, string>()), new(Changelog, partitions, new Dictionary<string, string> { ["cleanup.policy"] = "compact" })], default);
        using var producer = clients.CreateProducer("fill", null);
        var entries = new Entries(keys);
        for (var number = 0L; number < keys; number++)
            Send(producer, Changelog, entries, number, partitions);
        producer.Flush();
    }

    /// <summary>Writes a key's amount, or its total, to the partition that has the key.</summary>
    public static void Send(ILogProducer producer, string topic, Entries entries, long number, int partitions)
    {
        var key = entries.Key(number);
        producer.Send(topic, Murmur2.Partition(key, partitions), new LogRecord
        {
            Key = key, HasKey = true, Value = entries.Value(number)[..sizeof(long)], HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
        });
    }

    /// <summary>Starts it, waits until all of its tasks run, then goes on until <paramref name="end"/>.</summary>
    /// <returns>What was restored, and in which time.</returns>
    public static async Task<(long Records, double Seconds)> RunAsync(KafkaLogClients clients, string directory, long budget, int partitions, Func<long, double, Task> end)
    {
        using var state = new RocksDbState(new() { Directory = directory, MemoryBudgetBytes = budget });
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>(Input).GroupByKey().Reduce((total, amount) => total + amount, new() { Name = "totals" });
        var (restored, began, ended) = (0L, 0L, 0L);
        await using var application = new StreamsApplication(builder.Build(), new()
        {
            ApplicationId = Application,
            State =
            {
                Storage = state,
                OnRestore = progress =>
                {
                    if (began == 0)
                        began = Stopwatch.GetTimestamp();
                    if (!progress.IsComplete)
                        return;
                    restored += progress.Records;
                    ended = Stopwatch.GetTimestamp();
                },
            },
        }, clients);
        await application.StartAsync();
        var patience = Stopwatch.StartNew();
        while (application.Threads.SelectMany(static t => t.Tasks).Count(static t => t.State == TaskState.Running) < partitions)
        {
            if (application.Completion.IsFaulted)
                await application.Completion;
            if (patience.Elapsed > TimeSpan.FromMinutes(5))
                throw new TimeoutException("The tasks do not run after 5 minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var seconds = restored == 0 ? 0 : Stopwatch.GetElapsedTime(began, ended).TotalSeconds;
        await end(restored, seconds);
        return (restored, seconds);
    }
}
