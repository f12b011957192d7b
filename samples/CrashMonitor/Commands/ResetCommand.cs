using System.CommandLine;
using System.Globalization;
using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>reset</c>: has the monitor begin again, from a chosen point of its input and without what it had counted.</summary>
internal static class ResetCommand
{
    public static Command Create()
    {
        var monitor = new MonitorArguments();
        var state = new StateOption();
        var latest = new Option<bool>("--to-latest") { Description = "Begin with the lines that are written from now on; by default with the earliest that are there" };
        var offset = new Option<long?>("--to-offset") { Description = "Begin at this offset of each partition" };
        var time = new Option<string?>("--to-time") { Description = "Begin with the first lines written at or after this time, for example 2026-11-30T12:00:00Z" };
        var duration = new DurationOption("--by-duration", "Begin with the first lines written within this time before now", null);
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be done" };
        var command = new ExampleCommand(
            "reset",
            "Has the monitor begin again: sets its offsets of the input, deletes its own topics and its state on this machine. Input and alerts stay. Stop the monitor before.",
            "crash-monitor reset",
            "crash-monitor reset --by-duration 2h --dry-run",
            "crash-monitor reset --to-time 2026-11-30T12:00:00Z --state rocksdb")
        {
            latest, offset, time, duration, dryRun,
        };
        monitor.AddTo(command);
        state.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var options = MonitorArguments.Checked(monitor.Read(arguments));
            var point = Point(arguments.GetValue(latest), arguments.GetValue(offset), arguments.GetValue(time), duration.ReadOrNone(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            using var storage = state.Open(arguments);
            var streams = options.ToStreamsOptions();
            streams.State.Storage = storage;
            var isDryRun = arguments.GetValue(dryRun);
            var plan = await ApplicationReset.RunAsync(CrashTopology.Build(options), streams, clients, point, isDryRun, cancellation);
            foreach (var (partition, position) in plan.Positions.OrderBy(static p => p.Key))
                Console.WriteLine($"{partition} {(isDryRun ? "would begin" : "begins")} at {position}");
            foreach (var topic in plan.DeletedTopics)
                Console.WriteLine($"{topic} {(isDryRun ? "would be" : "is")} deleted");
            return ExitCode.Success;
        });
        return command;
    }

    private static ResetPoint Point(bool latest, long? offset, string? time, TimeSpan? duration)
    {
        if ((latest ? 1 : 0) + (offset is null ? 0 : 1) + (time is null ? 0 : 1) + (duration is null ? 0 : 1) > 1)
            throw new UsageException("--to-latest, --to-offset, --to-time and --by-duration exclude each other.");
        if (latest)
            return ResetPoint.Latest;
        if (offset is { } at)
            return ResetPoint.Offset(at);
        if (duration is { } span)
            return ResetPoint.Time(TimeProvider.System.GetUtcNow() - span);
        if (time is null)
            return ResetPoint.Earliest;
        return DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from)
            ? ResetPoint.Time(from)
            : throw new UsageException($"--to-time '{time}' is no time. Write for example 2026-11-30T12:00:00Z.");
    }
}
