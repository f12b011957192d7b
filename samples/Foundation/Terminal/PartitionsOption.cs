using System.CommandLine;
using CrashStreams.CommandLine;

namespace CrashStreams.Samples.Terminal;

/// <summary>How many partitions topics are created with.</summary>
internal sealed class PartitionsOption : Option<int>
{
    public PartitionsOption(string description, int fallback)
        : base("--partitions", "-p")
    {
        Description = description;
        DefaultValueFactory = _ => fallback;
    }

    /// <exception cref="UsageException">No topic can have so many.</exception>
    public int Read(ParseResult arguments) => arguments.GetValue(this) is > 0 and var count
        ? count
        : throw new UsageException($"{Name} is {arguments.GetValue(this)}: it must be at least 1.");
}
