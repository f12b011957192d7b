using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace CrashStreams.Samples.Terminal;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Lets the help of a program's commands end with their examples.</summary>
    public static void ShowExamples(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Help((HelpAction)help.Action!);
    }

    private sealed class Help(HelpAction standard) : SynchronousCommandLineAction
    {
        // As with the standard help: it is shown even where required arguments are missing.
        public override bool ClearsParseErrors => true;

        private string[] ExamplesOf(ParseResult arguments) => arguments.CommandResult.Command is ExampleCommand command ? command.Examples : [];

        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = standard.Invoke(parseResult);
            var examples = ExamplesOf(parseResult);
            if (examples.Length > 0)
                parseResult.InvocationConfiguration.Output.WriteLine($"Examples:\n  {string.Join("\n  ", examples)}\n");
            return exitCode;
        }
    }

    private string[] Examples { get; } = examples;
}
