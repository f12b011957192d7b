using System.CommandLine;
using System.CommandLine.Parsing;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.CrashMonitor.Terminal;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>run</c>: the monitor itself, until Ctrl-C.</summary>
internal static class RunCommand
{
    private const int PartitionsOfOwnTopics = 12;

    public static Command Create()
    {
        var monitor = new MonitorArguments();
        var threads = new Option<int>("--threads") { Description = "Stream threads of this instance", DefaultValueFactory = _ => 1 };
        var guarantee = new Option<ProcessingGuarantee>("--guarantee")
        {
            Description = "What a crash may do to the alerts: at_least_once loses none, some counts may be too high; exactly_once keeps them exact",
            HelpName = "at_least_once|exactly_once",
            CustomParser = ParseGuarantee,
        };
        var log = new Option<LogLevel>("--log") { Description = "What is logged: Information also tells which tasks come and go", DefaultValueFactory = _ => LogLevel.Warning };
        var badInput = new Option<FaultResponse>("--bad-input") { Description = "What happens to malformed lines", DefaultValueFactory = _ => FaultResponse.Skip };
        var deadLetters = new Option<string?>("--dead-letters") { Description = "Topic for malformed lines, with --bad-input DeadLetter; it must exist" };
        var late = new Option<string?>("--late") { Description = "Topic for late lines and lines from the future; it must exist" };
        var idleAfter = new DurationOption("--idle-after", "A partition without new lines for so long is not waited for", new CrashMonitorOptions().IdleAfter);
        var closeAfterIdle = new DurationOption("--close-after-idle", "Close the last windows of a partition without new lines for so long; by default they wait for the next line", null);
        var checkAll = new Option<bool>("--check-every-line") { Description = "Parse every line, so that every malformed one is noticed; slower" };
        var debug = new Option<bool>("--debug") { Description = "Show every running count" };
        var exit = new Option<bool>("--exit-when-caught-up") { Description = "Stop when all that was there at the start is processed and committed" };

        var command = new ExampleCommand(
            "run",
            "Runs the monitor until Ctrl-C and prints a table per closed interval. Start it several times to share the work.",
            "crash-monitor run --bootstrap kafka:9092",
            "crash-monitor run --exit-when-caught-up",
            "crash-monitor run --window 1m --grace 5m --threshold 10 --late late-logs")
        {
            threads, guarantee, log, badInput, deadLetters, late, idleAfter, closeAfterIdle, checkAll, debug, exit,
        };
        monitor.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var options = monitor.Read(arguments) with
            {
                Threads = arguments.GetValue(threads),
                Guarantee = arguments.GetValue(guarantee),
                BadInput = arguments.GetValue(badInput),
                DeadLetterTopic = arguments.GetValue(deadLetters),
                LateTopic = arguments.GetValue(late),
                IdleAfter = idleAfter.Read(arguments),
                CloseAfterIdle = closeAfterIdle.ReadOrNone(arguments),
                CheckEveryLine = arguments.GetValue(checkAll),
                Debug = arguments.GetValue(debug),
            };
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            var clients = await KafkaOption.ConnectAsync(arguments, cancellation, broker?.BootstrapServers);
            if (broker is not null)
                await TopicsCommand.CreateAsync(clients, options, PartitionsOfOwnTopics, replication: -1, cancellation);
            await using var run = await MonitorRun.StartAsync(clients, options, cancellation, arguments.GetValue(log));
            Console.Error.WriteLine($"Watching '{options.InputTopic}'. Alerts go to '{options.AlertTopic}'. Ctrl-C stops.");
            await (arguments.GetValue(exit) ? run.CaughtUpAsync(cancellation) : run.UntilCancelledAsync(cancellation));
            await run.StopAsync();
            return ExitCode.Success;
        });
        return command;
    }

    private static ProcessingGuarantee ParseGuarantee(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "at_least_once":
                return ProcessingGuarantee.AtLeastOnce;
            case "exactly_once":
                return ProcessingGuarantee.ExactlyOnce;
            default:
                result.AddError($"'{result.Tokens[0].Value}' is no guarantee. Choose at_least_once or exactly_once.");
                return default;
        }
    }
}
