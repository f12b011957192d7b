using CrashStreams.Broker.Cli;
using CrashStreams.CommandLine;

var arguments = BrokerCommand.Create().Parse(args);
return UsageErrors.Find(arguments) is { } wrong ? UsageErrors.Show(arguments, wrong) : await arguments.InvokeAsync();
