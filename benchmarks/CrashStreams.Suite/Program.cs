using CrashStreams.Suite;
using CrashStreams.Suite.EndToEnd;
using CrashStreams.Suite.Latency;
using CrashStreams.Suite.Reporting;

// e2e       drains of one preloaded topic by each client in turn, and whether their alerts are right
// latency   how long records take through an application, at a steady rate
// report    docs/performance/report.md from docs/performance/results
// profile   where the processor time of a drain goes
// streamiz  a client process of e2e: the monitor on Streamiz
const string Usage = "usage: CrashStreams.Suite e2e|latency|profile|report [--option VALUE]...; './build.sh bench' lists the options";
if (args is not [var command, .. var rest])
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    switch (command)
    {
        case "e2e":
            return await new EndToEndRun(EndToEndOptions.Parse(new Arguments(rest))).RunAsync() ? 0 : 1;
        case "latency":
            await new LatencyRun(LatencyOptions.Parse(new Arguments(rest))).RunAsync();
            return 0;
        case "report":
            Report.Write(rest is [var folder] ? folder : Path.Combine("docs", "performance"));
            return 0;
        case "profile":
            await ProfileRun.RunAsync(new Arguments(rest));
            return 0;
        case "streamiz":
            await StreamizClient.RunAsync(rest);
            return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (ArgumentException wrong)
{
    Console.Error.WriteLine($"{command}: {wrong.Message}");
    return 2;
}
