using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Kafka;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.CrashMonitor.Views;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>run</c>: the monitor itself, until Ctrl-C.</summary>
internal static class RunCommand
{
    private const int PartitionsOfOwnTopics = 12;

    public static Command Create()
    {
        var monitor = new MonitorArguments();
        var state = new StateOption();
        var view = new ViewOption();
        var engine = new ChoiceOption<EngineKind>("--engine", "What runs the topology: this library, or Streamiz.Kafka.Net for comparison", EngineKind.Crashstreams);
        var threads = new Option<int>("--threads") { Description = "Stream threads of this instance", DefaultValueFactory = _ => 1 };
        var guarantee = new ChoiceOption<ProcessingGuarantee>(
            "--guarantee",
            "What a crash may do to the alerts: at-least-once loses none, some counts may be too high; exactly-once keeps them exact",
            ProcessingGuarantee.AtLeastOnce);
        var log = new ChoiceOption<LogLevel>("--log", "What is logged: information also tells which tasks come and go", LogLevel.Warning);
        var badInput = new ChoiceOption<FaultResponse>("--bad-input", "What happens to malformed lines", FaultResponse.Skip);
        var deadLetters = new Option<string?>("--dead-letter-topic", "--dead-letters") { Description = "Topic for malformed lines, with --bad-input dead-letter; it must exist" };
        var late = new Option<string?>("--late-topic", "--late") { Description = "Topic for late lines and lines from the future; it must exist" };
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
            "crash-monitor run --state rocksdb --state-dir /var/lib/crash-monitor",
            "crash-monitor run --window 1m --grace 5m --threshold 10 --late-topic late-logs",
            "crash-monitor run --json | jq -r .user_id")
        {
            engine, threads, guarantee, log, badInput, deadLetters, late, idleAfter, closeAfterIdle, checkAll, debug, exit,
        };
        monitor.AddTo(command);
        state.AddTo(command);
        view.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var options = MonitorArguments.Checked(monitor.Read(arguments) with
            {
                Threads = arguments.GetValue(threads),
                Guarantee = guarantee.Read(arguments),
                BadInput = badInput.Read(arguments),
                DeadLetterTopic = arguments.GetValue(deadLetters),
                LateTopic = arguments.GetValue(late),
                IdleAfter = idleAfter.Read(arguments),
                CloseAfterIdle = closeAfterIdle.ReadOrNone(arguments),
                CheckEveryLine = arguments.GetValue(checkAll),
                Debug = arguments.GetValue(debug),
            });
            var (kafka, openView) = (KafkaOption.Read(arguments), view.Read(arguments));
            var isStreamiz = engine.Read(arguments) == EngineKind.Streamiz;
            if (isStreamiz)
                CheckStreamiz(options, arguments.GetValue(exit), state.IsOnDisk(arguments));
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: "data", cancellation);
            var clients = KafkaOption.Clients(kafka, broker);
            using var storage = isStreamiz ? null : state.Open(arguments);
            if (broker is not null)
                await TopicsCommand.CreateAsync(clients, options, PartitionsOfOwnTopics, replication: -1, cancellation);
            Console.Error.WriteLine($"Watching '{options.InputTopic}'. Alerts go to '{options.AlertTopic}'. Ctrl-C stops.");
            using var shown = openView($"{options.ApplicationId}: {options.InputTopic} to {options.AlertTopic}");
            if (isStreamiz)
            {
                await RunStreamizAsync(kafka with { BootstrapServers = broker?.BootstrapServers ?? kafka.BootstrapServers }, options, shown, log.Read(arguments), cancellation);
                return ExitCode.Success;
            }

            await using var run = await MonitorRun.StartAsync(clients, options, storage, shown, cancellation, log.Read(arguments));
            await (arguments.GetValue(exit) ? run.CaughtUpAsync(cancellation) : run.UntilCancelledAsync(cancellation));
            await run.StopAsync();
            return ExitCode.Success;
        });
        return command;
    }

    // What Streamiz lacks is refused before a broker is started for it.
    private static void CheckStreamiz(CrashMonitorOptions options, bool exits, bool isOnDisk)
    {
        if (exits)
            throw new UsageException("--exit-when-caught-up is not there with --engine streamiz: it does not say when it has caught up.");
        if (isOnDisk)
            throw new UsageException("--state rocksdb is not there with --engine streamiz: its windows are kept in memory.");
#if HAS_STREAMIZ
        try
        {
            CrashStreams.CrashMonitor.Streamiz.StreamizMonitor.Check(options);
        }
        catch (TopologyException e)
        {
            throw MonitorArguments.Refused(e);
        }
#else
        _ = options;
        throw new UsageException("--engine streamiz is not in the native program: run the one that ./build.sh demo makes.");
#endif
    }

    private static Task RunStreamizAsync(KafkaOptions kafka, CrashMonitorOptions options, IMonitorView view, LogLevel log, CancellationToken cancellation)
    {
#if HAS_STREAMIZ
        return StreamizRun.UntilCancelledAsync(kafka, options, view, log, cancellation);
#else
        throw new NotSupportedException("Refused by CheckStreamiz.");
#endif
    }
}
