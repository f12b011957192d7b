using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Clickstream.Topology;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Sinks;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary><c>run</c>: the application itself.</summary>
internal static class RunCommand
{
    private const int PartitionsOfOwnTopics = 6;

    public static Command Create()
    {
        var options = new ClickstreamArguments();
        var state = new StateOption();
        var idle = new IdleOption();
        var log = new ChoiceOption<LogLevel>("--log", "What is logged", LogLevel.Warning);
        var exit = new Option<bool>("--exit-when-caught-up") { Description = "Stop when all that was there at the start is processed and its results are written" };
        var command = new ExampleCommand(
            "run", "Runs until Ctrl-C. Start it several times to share the work.",
            "clickstream run --bootstrap kafka:9092 --out /data/shop",
            "clickstream run --exit-when-caught-up")
        {
            exit, log,
        };
        foreach (var option in options.All)
            command.Add(option);
        state.AddTo(command);
        idle.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var untilCaughtUp = arguments.GetValue(exit);
            var (chosen, kafka) = (options.Read(arguments) with { IdleAfter = idle.Read(arguments, untilCaughtUp) }, KafkaOption.Read(arguments));
            var folder = new LocalFolder(chosen.RevenueFolder);
            folder.CheckWritable();
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            var clients = KafkaOption.Clients(kafka, broker);
            using var storage = state.Open(arguments);
            if (broker is not null)
                await TopicCommands.CreateAsync(clients, chosen.Topics(PartitionsOfOwnTopics), cancellation);
            await using var run = await StartAsync(clients, chosen, storage, log.Read(arguments), folder, cancellation);
            await run.RunAsync(untilCaughtUp, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static async Task<SampleRun> StartAsync(ILogClients clients, ClickstreamOptions options, IStateStorage? state, LogLevel log, IFileStorage folder, CancellationToken cancellation)
    {
        var revenue = ClickstreamTopology.RevenueFiles(folder);
        var run = new SampleRun(ClickstreamTopology.Build(options, revenue), options.ToStreamsOptions(state), clients, log)
        {
            Note = () => revenue.Blocked is { } fault
                ? $"{revenue.WaitingRows:N0} rows wait for {options.RevenueFolder} ({fault}): free space on its disk or permit writing there, and they are written"
                : null,
            WrittenAsync = revenue.WrittenAsync,
        };
        Console.Error.WriteLine($"Reading '{options.Clickstream}' and '{options.Transactions}', writing '{options.PageViews}', '{options.AnalyticsResults}', '{options.Sessions}' and {options.RevenueFolder}. Ctrl-C stops.");
        await run.StartAsync(cancellation);
        return run;
    }
}
