using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary><c>topics</c>: makes the monitor's topics, and clears everything away again.</summary>
internal static class TopicsCommand
{
    private static readonly Dictionary<string, string> _inputConfigs = [];

    // An alert's time is in its value. As the record's time it would have the broker delete the alerts of an old backlog as soon as they are written: kept is
    // what is younger than retention.ms, a week by default.
    private static readonly Dictionary<string, string> _alertConfigs = new() { ["message.timestamp.type"] = "LogAppendTime" };

    public static Command Create() => new("topics", "Creates or deletes the monitor's topics.")
    {
        CreateTopics(),
        DeleteTopics(),
    };

    /// <summary>Creates input and alerts; what exists is left as it is.</summary>
    public static async Task CreateAsync(ILogClients clients, CrashMonitorOptions options, int partitions, short replication, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("crash-monitor-topics");
        string[] names = [options.InputTopic, options.AlertTopic];
        TopicSpec[] specs =
        [
            new(options.InputTopic, partitions, _inputConfigs) { ReplicationFactor = replication },
            new(options.AlertTopic, partitions, _alertConfigs) { ReplicationFactor = replication },
        ];
        await admin.CreateTopicsAsync(specs, cancellation);
        foreach (var (name, count) in await admin.PartitionCountsAsync(names, cancellation))
            Console.Error.WriteLine($"Topic '{name}' has {count} partitions{(count == partitions ? "." : $", not {partitions}: it existed already.")}");
    }

    /// <summary>Deletes input, alerts and the monitor's own topics; what doesn't exist is no error.</summary>
    public static async Task DeleteAsync(ILogClients clients, CrashMonitorOptions options, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("crash-monitor-topics");
        var existing = await admin.PartitionCountsAsync([options.InputTopic, options.AlertTopic, .. CrashTopology.OwnTopics(options.ApplicationId)], cancellation);
        await admin.DeleteTopicsAsync([.. existing.Keys], cancellation);
        Console.Error.WriteLine(existing.Count == 0 ? "There was nothing to delete." : $"Deleted {string.Join(", ", existing.Keys.Order(StringComparer.Ordinal))}.");
    }

    private static Command CreateTopics()
    {
        var monitor = new MonitorArguments();
        var partitions = new PartitionsOption("Partitions of each topic: the most threads that can share the work", 12);
        var replication = new Option<short>("--replication") { Description = "Copies of each partition; -1 is the broker's default", DefaultValueFactory = _ => -1 };
        var command = new ExampleCommand(
            "create",
            "Creates the input topic and the alert topic. Topics that exist are left as they are.",
            "crash-monitor topics create",
            "crash-monitor topics create --partitions 48 --replication 3")
        {
            partitions, replication,
        };
        monitor.AddTopicsTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var options = MonitorArguments.Checked(monitor.ReadTopics(arguments));
            var (count, copies) = (partitions.Read(arguments), arguments.GetValue(replication));
            if (copies is < -1 or 0)
                throw new UsageException($"{replication.Name} is {copies}: it must be at least 1, or -1 for the broker's default.");
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await CreateAsync(clients, options, count, copies, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command DeleteTopics()
    {
        var monitor = new MonitorArguments();
        var command = new ExampleCommand(
            "delete",
            "Deletes the input topic, the alert topic and the monitor's own topics, with all their records. Stop the monitor before.",
            "crash-monitor topics delete --input-topic logs --alert-topic crash-alerts");
        monitor.AddTopicsTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var options = MonitorArguments.Checked(monitor.ReadTopics(arguments));
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await DeleteAsync(clients, options, cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
