using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace CrashStreams.CommandLine;

/// <summary>Wrong arguments: a line that says what is wrong, a line that says where to look, and an exit code of their own.</summary>
internal static partial class UsageErrors
{
    /// <summary>EX_USAGE of sysexits.h.</summary>
    public const int ExitCode = 64;

    private const int MostLettersOff = 3;

    /// <summary>What is wrong with the command line; null when it can be run.</summary>
    public static string? Find(ParseResult arguments)
    {
        if (arguments.Action is not ParseErrorAction)
            return null;
        if (arguments.UnmatchedTokens.Count > 0)
            return Unknown(arguments, arguments.UnmatchedTokens[0]);
        var command = arguments.CommandResult.Command;
        return command.Subcommands.Count > 0 && command.Action is null
            ? $"name a command: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}."
            : Text(arguments.Errors[0].Message);
    }

    /// <summary>Shows it, and returns the exit code.</summary>
    public static int Show(ParseResult arguments, string wrong)
    {
        Console.Error.WriteLine($"{arguments.RootCommandResult.Command.Name}: {wrong}");
        Console.Error.WriteLine($"Try '{Path(arguments.CommandResult)} --help'.");
        return ExitCode;
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : command.Command.Name;

    private static string Unknown(ParseResult arguments, string token)
    {
        var known = arguments.CommandResult.Command.Options.Concat(arguments.RootCommandResult.Command.Options.Where(option => option.Recursive))
            .SelectMany(option => option.Aliases.Prepend(option.Name)).Concat(arguments.CommandResult.Command.Subcommands.Select(command => command.Name));
        var nearest = known.Select(name => (Name: name, Distance: Distance(name, token))).MinBy(candidate => candidate.Distance);
        var kind = token.StartsWith('-') ? "option" : "command or argument";
        return nearest.Name is not null && nearest.Distance <= Math.Min(MostLettersOff, (token.Length + 1) / 2)
            ? $"there is no {kind} '{token}'. Did you mean '{nearest.Name}'?"
            : $"there is no {kind} '{token}'.";
    }

    private static string Text(string message) => WrongType().Match(message) is { Success: true } match
        ? $"'{match.Groups["value"].Value}' is no value of {match.Groups["option"].Value}: {Expected(match.Groups["type"].Value)}."
        : message.ReplaceLineEndings(" ");

    private static string Expected(string type) => type switch
    {
        _ when type.Contains("Int", StringComparison.Ordinal) => "a whole number is expected, in range",
        _ when type.Contains("Double", StringComparison.Ordinal) => "a number is expected",
        _ when type.Contains("DateTimeOffset", StringComparison.Ordinal) => "a time is expected, for example 2026-01-11T14:42:50Z",
        _ when type.Contains("Boolean", StringComparison.Ordinal) => "true or false is expected",
        _ => "it can't be read",
    };

    // Levenshtein's: letters to add, remove or change.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[b.Length];
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for option '(?<option>.*)' as expected type '(?<type>.*)'\.", RegexOptions.Singleline)]
    private static partial Regex WrongType();
}
