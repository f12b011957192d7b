using CrashStreams.Broker;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>The monitor on the other engine, as a process of its own.</summary>
public class StreamizTests
{
    [Fact]
    public async Task Live_every_alert_of_Streamiz_is_right()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        string[] kafka = ["--bootstrap", broker.BootstrapServers];
        string[] windows = ["--window", "1s", "--grace", "4s"];
        (await CrashMonitorProcess.RunAsync(["topics", "create", "--partitions", "2", .. kafka])).ExitCode.Should().Be(0);
        using var monitor = new CrashMonitorProcess(["run", "--engine", "streamiz", .. kafka, .. windows]);
        // It takes its first partitions some seconds after its start: what is written before is a backlog, which is what it is not asked for here.
        await broker.WaitUntilAsync(async b => (await b.MembersAsync("crash-monitor")).Count > 0, TimeSpan.FromMinutes(1));
        await monitor.ErrorAsync(error => error.Contains("records/s", StringComparison.Ordinal));

        (await CrashMonitorProcess.RunAsync(["load", .. kafka, "--duration", "15s", "--rate", "500", "--matching-share", "0.3", "--users", "30"])).ExitCode.Should().Be(0);
        await monitor.ErrorAsync(error => error.Split('\n').Any(line => line.Contains(" 7,500 in all", StringComparison.Ordinal)));
        monitor.Terminate();
        var end = await monitor.EndAsync();
        var verified = await CrashMonitorProcess.RunAsync(["verify", .. kafka, .. windows]);

        end.ExitCode.Should().Be(0, end.Error);
        end.Output.Should().Contain("|Interval ");
        verified.Output.Should().MatchRegex(@"Alerts +[1-9]\d\d+ found");
        verified.ExitCode.Should().Be(0, verified.Output + end.Error);
    }
}
