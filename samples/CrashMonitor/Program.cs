using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.CrashMonitor.Commands;
using CrashStreams.Samples.Terminal;

var root = new RootCommand("Finds users with many severe crashes in a Kafka topic of log lines. Start with: crash-monitor demo")
{
    RunCommand.Create(),
    TopicsCommand.Create(),
    LoadCommand.Create(),
    VerifyCommand.Create(),
    ResetCommand.Create(),
    DemoCommand.Create(),
    KafkaOption.Bootstrap,
    KafkaOption.Property,
};

ExampleCommand.ShowExamples(root);
var arguments = root.Parse(args);
if (UsageErrors.Find(arguments) is { } wrong)
    return UsageErrors.Show(arguments, wrong);

using var interrupt = new Interrupt();
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
return await Failures.ToExitCodeAsync(arguments, () => arguments.InvokeAsync(invocation, interrupt.Token));
