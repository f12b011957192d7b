using System.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Clickstream.Load;
using CrashStreams.Samples.Load;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary><c>load</c>: writes generated events.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var topics = new ClickstreamArguments();
        var load = new LoadArguments(new EventLoad());
        var command = new ExampleCommand(
            "load", "Writes generated clicks and purchases, in the order of event time. The same seed, start and options give the same events.",
            "clickstream load --rate 1000 --duration 10m",
            "clickstream load --count 1000000 --speed 0 --out-of-order-share 0.1 --malformed-share 0.01 --seed 7");
        foreach (var option in topics.Inputs)
            command.Add(option);
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (options, generated) = (topics.Read(arguments), load.Read(arguments, TimeProvider.System));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await SendAsync(clients, options, generated, cancellation);
            return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        });
        return command;
    }

    public static async Task SendAsync(ILogClients clients, ClickstreamOptions options, EventLoad load, CancellationToken cancellation)
    {
        using var steps = new Steps("load", TimeProvider.System);
        var sent = await new PacedSender(clients, load.Speed).SendAsync(
            new ClickGenerator(load, options.Clickstream, options.Transactions).Events(), [options.Clickstream, options.Transactions],
            $"clickstream topics create --clickstream {options.Clickstream} --transactions {options.Transactions}",
            done => steps.Report((done, load.Count)), cancellation);
        Steps.Above(() => Console.Error.WriteLine($"Wrote {sent:N0} events, event time {load.Start.UtcDateTime:yyyy-MM-dd HH:mm:ss} to {(load.Start + load.Duration).UtcDateTime:yyyy-MM-dd HH:mm:ss}."));
    }
}
