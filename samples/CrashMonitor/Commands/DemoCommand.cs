using System.CommandLine;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.CrashMonitor.Views;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>demo</c>: topics, load, monitor and verification in one process.</summary>
internal static class DemoCommand
{
    private const int RowsOfTables = 20;

    public static Command Create()
    {
        var load = new LoadArguments(new() { Rate = 2000, Count = 360_000, Speed = 12, MatchingShare = 0.025, OutOfOrderShare = 0.05, LateShare = 0.002 });
        var partitions = new PartitionsOption("Partitions of the topics", 6);
        var state = new StateOption();
        var keep = new Option<bool>("--keep") { Description = "Keep the demo's topics" };
        var command = new ExampleCommand(
            "demo",
            "Creates topics of its own, runs the monitor while log lines come in, prints a table per closed interval, verifies all alerts, and deletes the topics.",
            "crash-monitor demo",
            "crash-monitor demo --rate 20000 --out-of-order-share 0.1 --late-share 0.01 --keep")
        {
            partitions, keep,
        };
        load.AddTo(command);
        state.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var name = $"crash-demo-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
            var options = new CrashStreams.CrashMonitor.CrashMonitorOptions { ApplicationId = name, InputTopic = $"{name}-logs", AlertTopic = $"{name}-alerts" };
            var (kafka, count) = (KafkaOption.Read(arguments), partitions.Read(arguments));
            _ = load.Read(arguments, options.TimestampUnit, TimeProvider.System);
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: null, cancellation);
            var clients = await KafkaOption.ConnectAsync(kafka, broker, cancellation);
            using var storage = state.Open(arguments);
            using var view = new PlainView(RowsOfTables, TimeProvider.System);
            await TopicsCommand.CreateAsync(clients, options, count, replication: -1, cancellation);
            try
            {
                await using (var run = await MonitorRun.StartAsync(clients, options, storage, view, cancellation))
                {
                    await LoadCommand.SendAsync(clients, options.InputTopic, load.Read(arguments, options.TimestampUnit, TimeProvider.System), cancellation);
                    await run.CaughtUpAsync(cancellation);
                    await run.StopAsync();
                }

                cancellation.ThrowIfCancellationRequested();
                return await VerifyCommand.CompareAsync(clients, options, everythingIsClosed: false, rows: 10, cancellation);
            }
            finally
            {
                if (!arguments.GetValue(keep))
                    await TopicsCommand.DeleteAsync(clients, options, CancellationToken.None);
            }
        });
        return command;
    }
}
