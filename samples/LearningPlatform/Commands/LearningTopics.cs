using System.CommandLine;
using CrashStreams.Samples.Learning.Topology;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>topics create</c> and <c>topics delete</c>.</summary>
internal static class LearningTopics
{
    public const int DefaultPartitions = 4;

    public static Command Create()
    {
        var names = new LearningArguments();
        return new TopicCommands("learning", names.TopicNames, (arguments, partitions) => names.Read(arguments).Topics(partitions), arguments => (names.Read(arguments).ApplicationId, OwnTopics))
            .Create(DefaultPartitions);
    }

    /// <summary>The topics that the jobs make for themselves, without the application's id in front.</summary>
    public static IReadOnlyList<string> OwnTopics { get; } = [.. Jobs.All.SelectMany(job => LearningTopology.OwnTopics(job).Select(topic => $"{Jobs.NameOf(job)}-{topic}"))];
}
