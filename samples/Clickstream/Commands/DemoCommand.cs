using System.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Clickstream.Results;
using CrashStreams.Samples.Load;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Sinks;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary><c>demo</c>: topics, load, run and verification in one process.</summary>
internal static class DemoCommand
{
    private const int Partitions = 6;
    private const int ChartWidth = 72;

    public static Command Create()
    {
        // An hour and a half of a small shop in half a minute.
        var load = new LoadArguments(new() { Rate = 2, Count = 10_800, Speed = 180 });
        var keep = new Option<bool>("--keep") { Description = "Keep the demo's topics and files" };
        var command = new ExampleCommand(
            "demo", "Creates topics of its own, runs the application while events come in, verifies all results, shows them, and deletes topics and files.",
            "clickstream demo", "clickstream demo --rate 50 --duration 2h --speed 240 --keep")
        {
            keep,
        };
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var generated = load.Read(arguments, TimeProvider.System);
            var name = $"clickstream-demo-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
            var options = new ClickstreamOptions
            {
                ApplicationId = name, Clickstream = $"{name}-clicks", Transactions = $"{name}-transactions", PageViews = $"{name}-page-views", AnalyticsResults = $"{name}-analytics",
                Sessions = $"{name}-sessions", Out = Path.Combine(Path.GetTempPath(), name),
            };
            var kafka = KafkaOption.Read(arguments);
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: null, cancellation);
            var clients = await KafkaOption.ConnectAsync(kafka, broker, cancellation);
            await TopicCommands.CreateAsync(clients, options.Topics(Partitions), cancellation);
            try
            {
                return await RunAsync(clients, options, generated, cancellation);
            }
            finally
            {
                if (!arguments.GetValue(keep))
                    await DeleteAsync(clients, options);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ILogClients clients, ClickstreamOptions options, EventLoad load, CancellationToken cancellation)
    {
        await using (var run = await RunCommand.StartAsync(clients, options, state: null, LogLevel.Warning, new LocalFolder(options.RevenueFolder), cancellation))
        {
            await LoadCommand.SendAsync(clients, options, load, cancellation);
            await run.RunAsync(untilCaughtUp: true, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        var exitCode = await VerifyCommand.CompareAsync(clients, options, rows: 10, cancellation);
        await ShowAsync(clients, options, cancellation);
        return exitCode;
    }

    private static async Task ShowAsync(ILogClients clients, ClickstreamOptions options, CancellationToken cancellation)
    {
        var serde = Serdes.Json(RowJson.Default.AnalyticsRow);
        var rows = new List<AnalyticsRow>();
        await TopicScan.ReadAsync(clients, options.AnalyticsResults, (TopicPartition _, in LogRecord record) => rows.Add(serde.Deserialize(record.Value)), progress: null, cancellation);
        var chart = new BarChart().Width(ChartWidth).Label("Clicks with a purchase within ten minutes, per product, %");
        foreach (var product in rows.GroupBy(row => row.ProductId).OrderBy(product => product.Key, StringComparer.Ordinal))
            chart.AddItem(product.Key, Math.Round(100.0 * product.Sum(row => row.ConvertedClicks) / product.Sum(row => row.UniqueClicks), 1), Color.Green);
        AnsiConsole.Write(chart);
        foreach (var product in rows.GroupBy(row => row.ProductId).OrderBy(product => product.Key, StringComparer.Ordinal).Take(1))
        {
            var clicks = new BarChart().Width(ChartWidth).Label($"Clicks on {product.Key}, windows of five minutes");
            foreach (var row in product.OrderBy(row => row.WindowStart))
                clicks.AddItem($"{row.WindowStart.UtcDateTime:HH:mm}", row.UniqueClicks, Color.Blue);
            AnsiConsole.Write(clicks);
        }
    }

    private static async Task DeleteAsync(ILogClients clients, ClickstreamOptions options)
    {
        var own = Topology.ClickstreamTopology.OwnTopics.Select(topic => $"{options.ApplicationId}-{topic}");
        await TopicCommands.DeleteAsync(clients, [.. options.Topics(Partitions).Select(topic => topic.Name), .. own], CancellationToken.None);
        if (Directory.Exists(options.Out))
            Directory.Delete(options.Out, recursive: true);
    }
}
