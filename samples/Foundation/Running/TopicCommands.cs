using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Running;

/// <summary><c>topics create</c> and <c>topics delete</c>.</summary>
/// <param name="program">The program's name.</param>
/// <param name="options">Those that name the topics.</param>
/// <param name="topics">The topics of the options' values, by number of partitions.</param>
/// <param name="applicationId">The application whose own topics are deleted too.</param>
internal sealed class TopicCommands(string program, IReadOnlyList<Option> options, Func<ParseResult, int, IReadOnlyList<TopicSpec>> topics, Func<ParseResult, (string Id, IReadOnlyList<string> OwnTopics)> applicationId)
{
    public Command Create(int defaultPartitions)
    {
        var partitions = new PartitionsOption("Partitions of each topic: the most threads that can share the work", defaultPartitions);
        var replication = new Option<short>("--replication") { Description = "Copies of each partition; -1 is the broker's default", DefaultValueFactory = _ => -1 };
        var create = new ExampleCommand("create", "Creates the topics. Those that exist are left as they are.", $"{program} topics create --partitions 6") { partitions, replication };
        var delete = new ExampleCommand("delete", "Deletes the topics and the application's own, with all their records. Stop the application before.", $"{program} topics delete");
        foreach (var option in options)
        {
            create.Add(option);
            delete.Add(option);
        }

        create.SetAction(async (arguments, cancellation) =>
        {
            var (count, copies) = (partitions.Read(arguments), arguments.GetValue(replication));
            if (copies is < -1 or 0)
                throw new UsageException($"{replication.Name} is {copies}: it must be at least 1, or -1 for the broker's default.");
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            await CreateAsync(clients, topics(arguments, count).Select(topic => topic with { ReplicationFactor = copies }).ToList(), cancellation);
            return ExitCode.Success;
        });
        delete.SetAction(async (arguments, cancellation) =>
        {
            var clients = await KafkaOption.ConnectAsync(KafkaOption.Read(arguments), ownBroker: null, cancellation);
            var own = applicationId(arguments);
            await DeleteAsync(clients, [.. topics(arguments, 1).Select(topic => topic.Name), .. own.OwnTopics.Select(topic => $"{own.Id}-{topic}")], cancellation);
            return ExitCode.Success;
        });
        return new("topics", "Creates or deletes the topics.") { create, delete };
    }

    public static async Task CreateAsync(ILogClients clients, IReadOnlyCollection<TopicSpec> topics, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("topics");
        await admin.CreateTopicsAsync(topics, cancellation);
        var counts = await admin.PartitionCountsAsync(topics.Select(topic => topic.Name).ToList(), cancellation);
        foreach (var topic in topics)
        {
            if (counts.TryGetValue(topic.Name, out var count))
                Console.Error.WriteLine($"Topic '{topic.Name}' has {count} partitions{(count == topic.Partitions ? "." : $", not {topic.Partitions}: it existed already.")}");
        }
    }

    public static async Task DeleteAsync(ILogClients clients, IReadOnlyCollection<string> topics, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("topics");
        var existing = await admin.PartitionCountsAsync(topics, cancellation);
        await admin.DeleteTopicsAsync([.. existing.Keys], cancellation);
        Console.Error.WriteLine(existing.Count == 0 ? "There was nothing to delete." : $"Deleted {string.Join(", ", existing.Keys.Order(StringComparer.Ordinal))}.");
    }
}
