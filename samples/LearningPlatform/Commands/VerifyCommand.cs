using System.CommandLine;
using CrashStreams.CommandLine;
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
        var api = new Option<string?>("--api") { Description = "Address of a running serve: compare what it answers, instead of the live files" };
        var command = new ExampleCommand(
            "verify", "Recomputes all views from the events, independently of the engine, and compares. Give it the options of run. Exit code 0: all is right; 1: something differs, or there is no input.",
            "learning verify --out /data/views", "learning verify --api http://127.0.0.1:8080")
        {
            rows, api,
        };
        foreach (var option in options.All.Concat(storage.All))
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, shown) = (options.Read(arguments), rows.Read(arguments));
            if (arguments.GetValue(api) is { } address && !Uri.TryCreate(address, UriKind.Absolute, out _))
                throw new UsageException($"{api.Name} '{address}' is no address like http://127.0.0.1:8080.");
            using var http = new HttpClient { BaseAddress = arguments.GetValue(api) is { } given ? new(given) : null };
            var files = http.BaseAddress is null ? storage.Open(arguments) : null;
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            return await CompareAsync(clients, chosen, (check, stop) => files is null ? ApiRows.FindAsync(check, http, stop) : FindLiveAsync(check, files, stop), shown, cancellation);
        });
        return command;
    }

    /// <summary>Compares and prints; answers the exit code.</summary>
    public static async Task<int> CompareAsync(ILogClients clients, LearningOptions options, Func<RowCheck, CancellationToken, Task> find, int rows, CancellationToken cancellation)
    {
        var (events, checks) = await CheckAsync(clients, options, find, cancellation);
        // All are told, whatever the first ones say.
        var wrong = checks.Count(check => !check.Write(Console.Out, rows));
        if (events == 0)
            Console.WriteLine("There is no input: nothing was verified.");
        return wrong == 0 && events > 0 ? ExitCode.Success : ExitCode.NotVerified;
    }

    /// <summary>Recomputes all views and reads the live rows that are there. Answers the number of events, and the comparison of each view.</summary>
    public static Task<(long Events, IReadOnlyList<RowCheck> Checks)> CheckAsync(ILogClients clients, LearningOptions options, IViewStorage storage, CancellationToken cancellation) =>
        CheckAsync(clients, options, (check, stop) => FindLiveAsync(check, storage, stop), cancellation);

    private static async Task<(long Events, IReadOnlyList<RowCheck> Checks)> CheckAsync(
        ILogClients clients, LearningOptions options, Func<RowCheck, CancellationToken, Task> find, CancellationToken cancellation)
    {
        var oracle = new ViewOracle(options.Grace, TimeProvider.System.GetUtcNow() + options.MaxFuture);
        foreach (var job in Jobs.All)
            await ReadAsync(clients, options.TopicOf(job), job, oracle, cancellation);
        var checks = ViewCatalog.All.ToDictionary(view => view.Name, view => new RowCheck(view.Name));
        oracle.Expect(checks);
        foreach (var view in ViewCatalog.All)
            await find(checks[view.Name], cancellation);
        Console.WriteLine($"{oracle.Events} events, {oracle.Refused} of them malformed or refused");
        return (oracle.Events, [.. checks.Values]);
    }

    private static Task FindLiveAsync(RowCheck check, IViewStorage storage, CancellationToken cancellation) => StoredRows.FindAsync(check, storage, ViewFiles.LiveRoot, check.What, cancellation);

    private static async Task ReadAsync(ILogClients clients, string topic, Job job, ViewOracle oracle, CancellationToken cancellation)
    {
        using var steps = new Steps($"verify, reading {topic}", TimeProvider.System);
        await TopicScan.ReadAsync(clients, topic, (TopicPartition partition, in LogRecord record) => oracle.Add(job, partition.Partition, record.Value.ToArray()), steps, cancellation);
    }
}
