using System.CommandLine;

namespace CrashStreams.Samples.Terminal;

/// <summary>Commands of a program share options, and each has only some of them: of the others the default counts.</summary>
internal static class GivenOptions
{
    public static bool Has(this ParseResult arguments, Option option) => arguments.CommandResult.Command.Options.Contains(option);

    /// <summary>The value that was given, or the option's default.</summary>
    public static T ValueOf<T>(this ParseResult arguments, Option<T> option) => arguments.Has(option) ? arguments.GetValue(option)! : (T)option.GetDefaultValue()!;
}
