using System.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Clickstream.Verification;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary><c>verify</c>: recomputes all results and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var options = new ClickstreamArguments();
        var rows = new RowsOption("Differences to show of each result", 10);
        var command = new ExampleCommand(
            "verify", "Recomputes all results from the events, independently of the engine, and compares. Give it the options of run. Exit code 0: all is right; 1: something differs, or there is no input.",
            "clickstream verify --out /data/shop")
        {
            rows,
        };
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, shown) = (options.Read(arguments), rows.Read(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            return await CompareAsync(clients, chosen, shown, cancellation);
        });
        return command;
    }

    /// <summary>Compares and prints; answers the exit code.</summary>
    public static async Task<int> CompareAsync(ILogClients clients, ClickstreamOptions options, int rows, CancellationToken cancellation)
    {
        var (events, checks) = await CheckAsync(clients, options, cancellation);
        // All four are told, whatever the first ones say.
        var wrong = checks.Count(check => !check.Write(Console.Out, rows));
        if (events == 0)
            Console.WriteLine("There is no input: nothing was verified.");
        return wrong == 0 && events > 0 ? ExitCode.Success : ExitCode.NotVerified;
    }

    /// <summary>Recomputes all results and reads those that are there. Answers the number of events, and the comparison of each result.</summary>
    public static async Task<(long Events, IReadOnlyList<RowCheck> Checks)> CheckAsync(ILogClients clients, ClickstreamOptions options, CancellationToken cancellation)
    {
        var oracle = new ClickstreamOracle(options.Grace, TimeProvider.System.GetUtcNow() + options.MaxFuture);
        await ReadAsync(clients, options.Clickstream, isClick: true, oracle, cancellation);
        await ReadAsync(clients, options.Transactions, isClick: false, oracle, cancellation);

        RowCheck pageViews = new(options.PageViews), revenue = new(options.RevenueFolder), analytics = new(options.AnalyticsResults), sessions = new(options.Sessions);
        oracle.ExpectPageViews(pageViews);
        oracle.ExpectRevenue(revenue);
        oracle.ExpectAnalytics(analytics);
        oracle.ExpectSessions(sessions);
        await pageViews.FindInTopicAsync(clients, options.PageViews, cancellation);
        await ParquetRows.FindAsync(revenue, options.RevenueFolder, cancellation);
        await analytics.FindInTopicAsync(clients, options.AnalyticsResults, cancellation);
        await sessions.FindInTopicAsync(clients, options.Sessions, cancellation);

        Console.WriteLine($"{oracle.Events} events, {oracle.Refused} of them malformed or refused");
        return (oracle.Events, [pageViews, revenue, analytics, sessions]);
    }

    private static async Task ReadAsync(ILogClients clients, string topic, bool isClick, ClickstreamOracle oracle, CancellationToken cancellation)
    {
        using var steps = new Steps($"verify, reading {topic}", TimeProvider.System);
        await TopicScan.ReadAsync(
            clients, topic, (TopicPartition partition, in LogRecord record) => oracle.Add(isClick, partition.Partition, record.Value.ToArray()), steps, cancellation);
    }
}
