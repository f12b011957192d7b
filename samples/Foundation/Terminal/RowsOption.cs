using System.CommandLine;
using CrashStreams.CommandLine;

namespace CrashStreams.Samples.Terminal;

/// <summary>How many rows of a table are shown.</summary>
internal sealed class RowsOption : Option<int>
{
    public RowsOption(string description, int fallback)
        : base("--rows")
    {
        Description = description;
        DefaultValueFactory = _ => fallback;
    }

    /// <exception cref="UsageException">It is negative.</exception>
    public int Read(ParseResult arguments) => arguments.GetValue(this) is >= 0 and var rows
        ? rows
        : throw new UsageException($"{Name} is {arguments.GetValue(this)}: it must not be negative.");
}
