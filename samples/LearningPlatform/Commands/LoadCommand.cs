using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Load;
using CrashStreams.Samples.Load;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>load</c>: writes generated events.</summary>
internal static class LoadCommand
{
    public const int DefaultUsers = 10_000;

    public static Command Create()
    {
        var topics = new LearningArguments();
        var load = new LoadArguments(new() { OutOfOrderBy = TimeSpan.FromSeconds(90), LateShare = 0.001 });
        var users = new Option<int>("--users") { Description = "How many users the platform has", DefaultValueFactory = _ => DefaultUsers };
        var command = new ExampleCommand(
            "load", "Writes generated events to the six topics, in the order of event time. The same seed, start and options give the same events.",
            "learning load --rate 1000 --duration 10m",
            "learning load --count 1000000 --speed 0 --late-share 0.01 --malformed-share 0.01 --seed 7")
        {
            users,
        };
        foreach (var option in topics.Inputs)
            command.Add(option);
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (options, generated) = (topics.Read(arguments), load.Read(arguments, TimeProvider.System));
            if (arguments.GetValue(users) is < 1 and var count)
                throw new UsageException($"{users.Name} is {count}: it must be at least 1.");
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await SendAsync(clients, options, generated, arguments.GetValue(users), cancellation);
            return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        });
        return command;
    }

    public static async Task SendAsync(ILogClients clients, LearningOptions options, EventLoad load, int users, CancellationToken cancellation)
    {
        using var steps = new Steps("load", TimeProvider.System);
        var sent = await new PacedSender(clients, load.Speed).SendAsync(
            new PlatformGenerator(load, options, users).Events(), [.. options.Topics(1).Select(topic => topic.Name)], "learning topics create",
            done => steps.Report((done, load.Count)), cancellation);
        Steps.Above(() => Console.Error.WriteLine($"Wrote {sent:N0} events, event time {load.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss} to {(load.Start + load.Duration).UtcDateTime:yyyy-MM-dd HH:mm:ss}."));
    }
}
