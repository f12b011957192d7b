using CrashStreams.Samples.Learning.Commands;
using CrashStreams.Samples.Running;

return await SampleProgram.RunAsync(
    "Live views of a learning platform's events, in object storage, and an API over them.",
    args,
    LearningTopics.Create(),
    LoadCommand.Create(),
    RunCommand.Create(),
    ServeCommand.Create(),
    BatchCommand.Create(),
    VerifyCommand.Create(),
    DemoCommand.Create());
