using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Flyers.Api;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary><c>run</c>: the API and the application behind it.</summary>
internal static class RunCommand
{
    private const int PartitionsOfOwnTopics = 6;

    public static Command Create()
    {
        var options = new FlyerArguments();
        var state = new StateOption();
        var log = new ChoiceOption<LogLevel>("--log", "What is logged", LogLevel.Warning);
        var command = new ExampleCommand(
            "run", "Serves the API until Ctrl-C. Start it several times, with other --urls, to share the work.",
            "flyers run --bootstrap kafka:9092 --redis redis:6379 --urls http://0.0.0.0:8080", "flyers run --state rocksdb") { log };
        foreach (var option in options.All)
            command.Add(option);
        state.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (chosen, kafka) = (options.Read(arguments), KafkaOption.Read(arguments));
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            if (broker is not null)
            {
                kafka = kafka with { BootstrapServers = broker.BootstrapServers };
                await TopicCommands.CreateAsync(KafkaOption.Clients(kafka, broker), chosen.Topics(PartitionsOfOwnTopics), cancellation);
            }

            // The host disposes of the storage.
            await using var host = FlyerHost.Create(chosen, kafka, state.Open(arguments), log.Read(arguments));
            await host.StartAsync(cancellation);
            Console.Error.WriteLine($"Listening on {chosen.Urls}: POST /api/process, GET /api/results, /api/merchants, /api/health, /api/openapi.json, /metrics. Ctrl-C stops.");
            await host.WaitForShutdownAsync(cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
