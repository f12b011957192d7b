using System.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Verification;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>verify</c>: recomputes all views and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var options = new LearningArguments();
        var storage = new StorageArguments();
        var rows = new RowsOption("Differences to show of each view", 10);
        var command = new ExampleCommand(
            "verify", "Recomputes all views from the events, independently of the engine, and compares. Give it the options of run. Exit code 0: all is right; 1: something differs, or there is no input.",
            "learning verify --out /data/views")
        {
            rows,
        };
        foreach (var option in options.All.Concat(storage.All))
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, files, shown) = (options.Read(arguments), storage.Open(arguments), rows.Read(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            return await CompareAsync(clients, chosen, files, shown, cancellation);
        });
        return command;
    }

    /// <summary>Compares and prints; answers the exit code.</summary>
    public static async Task<int> CompareAsync(ILogClients clients, LearningOptions options, IViewStorage storage, int rows, CancellationToken cancellation)
    {
        var (events, checks) = await CheckAsync(clients, options, storage, cancellation);
        // All are told, whatever the first ones say.
        var wrong = checks.Count(check => !check.Write(Console.Out, rows));
        if (events == 0)
            Console.WriteLine("There is no input: nothing was verified.");
        return wrong == 0 && events > 0 ? ExitCode.Success : ExitCode.NotVerified;
    }

    /// <summary>Recomputes all views and reads the live rows that are there. Answers the number of events, and the comparison of each view.</summary>
    public static async Task<(long Events, IReadOnlyList<RowCheck> Checks)> CheckAsync(ILogClients clients, LearningOptions options, IViewStorage storage, CancellationToken cancellation)
    {
        var oracle = new ViewOracle(options.Grace, TimeProvider.System.GetUtcNow() + options.MaxFuture);
        foreach (var job in Jobs.All)
            await ReadAsync(clients, options.TopicOf(job), job, oracle, cancellation);
        var checks = ViewCatalog.All.ToDictionary(view => view.Name, view => new RowCheck(view.Name));
        oracle.Expect(checks);
        foreach (var view in ViewCatalog.All)
            await StoredRows.FindAsync(checks[view.Name], storage, ViewFiles.LiveRoot, view.Name, cancellation);
        Console.WriteLine($"{oracle.Events} events, {oracle.Refused} of them malformed or refused");
        return (oracle.Events, [.. checks.Values]);
    }

    private static async Task ReadAsync(ILogClients clients, string topic, Job job, ViewOracle oracle, CancellationToken cancellation)
    {
        using var steps = new Steps($"verify, reading {topic}", TimeProvider.System);
        await TopicScan.ReadAsync(clients, topic, (TopicPartition partition, in LogRecord record) => oracle.Add(job, partition.Partition, record.Value.ToArray()), steps, cancellation);
    }
}
