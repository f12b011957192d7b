using CrashStreams.Samples.Clickstream;
using CrashStreams.Samples.Clickstream.Commands;
using CrashStreams.Samples.Running;

return await SampleProgram.RunAsync(
    "Page views, revenue, conversion and sessions of a web shop, as its events come. Start with: clickstream demo",
    args,
    ClickstreamArguments.Topics(),
    LoadCommand.Create(),
    RunCommand.Create(),
    VerifyCommand.Create(),
    DemoCommand.Create());
