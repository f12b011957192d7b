using System.CommandLine;
using CrashStreams.Samples.CrashMonitor.Commands;
using CrashStreams.Samples.CrashMonitor.Terminal;

var root = new RootCommand("Finds users with many severe crashes in a Kafka topic of log lines. Start with: crash-monitor demo")
{
    RunCommand.Create(),
    TopicsCommand.Create(),
    LoadCommand.Create(),
    VerifyCommand.Create(),
    DemoCommand.Create(),
    KafkaOption.Bootstrap,
    KafkaOption.Property,
};

ExampleCommand.ShowExamples(root);
using var interrupt = new Interrupt();
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
return await Failures.ToExitCodeAsync(() => root.Parse(args).InvokeAsync(invocation, interrupt.Token));
