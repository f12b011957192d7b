using System.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>load</c>: fills the input topic.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var monitor = new MonitorArguments();
        var load = new LoadArguments(new() { Rate = 1000, Count = 120_000 });
        var command = new ExampleCommand(
            "load",
            "Writes generated log lines to the input topic, in the order of event time over all partitions.",
            "crash-monitor load --rate 5000 --duration 10m",
            "crash-monitor load --count 1000000 --rate 10000 --speed 10",
            "crash-monitor load --out-of-order-share 0.1 --out-of-order-by 20s --late-share 0.01 --seed 7");
        load.AddTo(command);
        monitor.AddInputTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (topic, unit) = monitor.ReadInput(arguments);
            var lines = load.Read(arguments, unit, TimeProvider.System);
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await SendAsync(clients, topic, lines, cancellation);
            return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Success;
        });
        return command;
    }

    /// <summary>Sends the load and shows how far it has come.</summary>
    public static async Task SendAsync(ILogClients clients, string topic, LoadOptions load, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("crash-monitor-load");
        if (!(await admin.PartitionCountsAsync([topic], cancellation)).TryGetValue(topic, out var partitions))
            throw new LogException($"there is no topic '{topic}'. Create it with: crash-monitor topics create --input-topic {topic}");
        using var producer = clients.CreateProducer("crash-monitor-load", transactionalId: null);
        Console.Error.WriteLine($"Loading '{topic}' with {LoadArguments.Describe(load, partitions)}.");

        using var steps = new Steps("load", TimeProvider.System);
        var sent = await new LoadGenerator(load, partitions).SendAsync(producer, topic, TimeProvider.System, new OfAll(steps, load.Count), cancellation);
        Steps.Above(() => Console.Error.WriteLine($"Wrote {sent:N0} lines."));
    }

    private sealed class OfAll(Steps steps, long all) : IProgress<long>
    {
        public void Report(long value) => steps.Report((value, all));
    }
}
