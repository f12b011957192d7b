using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.AdCampaigns.Commands;

/// <summary><c>run</c>: the application itself.</summary>
internal static class RunCommand
{
    private const int PartitionsOfOwnTopics = 2;

    public static Command Create()
    {
        var options = new CampaignArguments();
        var state = new StateOption();
        var idle = new IdleOption();
        var log = new ChoiceOption<LogLevel>("--log", "What is logged", LogLevel.Warning);
        var exit = new Option<bool>("--exit-when-caught-up") { Description = "Stop when all that was there at the start is processed and its results are written" };
        var command = new ExampleCommand("run", "Runs until Ctrl-C. Start it several times to share the work.", "ad-campaigns run --bootstrap kafka:9092", "ad-campaigns run --exit-when-caught-up") { exit, log };
        foreach (var option in options.All)
            command.Add(option);
        state.AddTo(command);
        idle.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var untilCaughtUp = arguments.GetValue(exit);
            var (chosen, kafka) = (options.Read(arguments) with { IdleAfter = idle.Read(arguments, untilCaughtUp) }, LoadCommand.ForLatency(KafkaOption.Read(arguments)));
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            var clients = KafkaOption.Clients(kafka, broker);
            using var storage = state.Open(arguments);
            if (broker is not null)
                await TopicCommands.CreateAsync(clients, chosen.Topics(PartitionsOfOwnTopics), cancellation);
            await using var run = await StartAsync(clients, chosen, storage, log.Read(arguments), cancellation);
            await run.RunAsync(untilCaughtUp, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static async Task<SampleRun> StartAsync(ILogClients clients, CampaignOptions options, IStateStorage? state, LogLevel log, CancellationToken cancellation)
    {
        var run = new SampleRun(CampaignTopology.Build(options), options.ToStreamsOptions(state), clients, log);
        Console.Error.WriteLine($"Reading '{options.Events}' with the table '{options.Ads}', writing '{options.Results}'. Ctrl-C stops.");
        await run.StartAsync(cancellation);
        return run;
    }
}
