using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Running;

/// <summary>A program with commands.</summary>
internal static class SampleProgram
{
    public static async Task<int> RunAsync(string description, string[] args, params Command[] commands)
    {
        var root = new RootCommand(description) { KafkaOption.Bootstrap, KafkaOption.Property };
        foreach (var command in commands)
            root.Add(command);
        ExampleCommand.ShowExamples(root);
        var arguments = root.Parse(args);
        if (UsageErrors.Find(arguments) is { } wrong)
            return UsageErrors.Show(arguments, wrong);
        using var interrupt = new Interrupt();
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await Failures.ToExitCodeAsync(arguments, () => arguments.InvokeAsync(invocation, interrupt.Token));
    }
}
