using CrashStreams.Samples.Flyers.Commands;
using CrashStreams.Samples.Running;

return await SampleProgram.RunAsync(
    "A REST API over a stream: how long users stay with flyers, and what that makes of merchants, with each request's events in its answer. Start with: flyers demo",
    args,
    FlyerArguments.Topics(),
    LoadCommand.Create(),
    RunCommand.Create(),
    VerifyCommand.Create(),
    DemoCommand.Create());
