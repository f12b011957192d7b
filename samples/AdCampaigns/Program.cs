using CrashStreams.Samples.AdCampaigns.Commands;
using CrashStreams.Samples.Running;

return await SampleProgram.RunAsync(
    "Views, clicks and purchases of ad campaigns every ten seconds, and how long a result takes under steady, random and bursty loads. Start with: ad-campaigns demo",
    args,
    CampaignArguments.Topics(),
    LoadCommand.Create(),
    RunCommand.Create(),
    VerifyCommand.Create(),
    DemoCommand.Create());
