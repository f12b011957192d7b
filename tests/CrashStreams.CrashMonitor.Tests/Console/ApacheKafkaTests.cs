using CrashStreams.Kafka;
using CrashStreams.Kafka.Tests;
using CrashStreams.Log;

namespace CrashStreams.CrashMonitor.Tests;

/// <summary>The whole program against a real Apache Kafka.</summary>
public sealed class ApacheKafkaTests : IDisposable
{
    private readonly ApacheKafka? _kafka = ApacheKafka.WhyMissing is null ? new() : null;

    public void Dispose() => _kafka?.Dispose();

    [Fact]
    public async Task The_demo_verifies_its_own_alerts_and_leaves_no_topics()
    {
        Assert.SkipWhen(ApacheKafka.WhyMissing is not null, ApacheKafka.WhyMissing ?? "");

        var (exitCode, output, error) = await CrashMonitorProcess.RunAsync("demo", "--bootstrap", _kafka!.BootstrapServers, "--speed", "40");

        exitCode.Should().Be(0, output + error);
        output.Should().ContainAll("|Interval                                  |user_id  |crash_count|", "360,000 records", "Verified");
        error.Should().ContainAll("Wrote 360,000 lines", "late", "Deleted crash-demo-");
    }

    [Fact]
    public async Task Two_instances_share_the_work_and_every_alert_is_right()
    {
        Assert.SkipWhen(ApacheKafka.WhyMissing is not null, ApacheKafka.WhyMissing ?? "");
        string[] kafka = ["--bootstrap", _kafka!.BootstrapServers];
        (await CrashMonitorProcess.RunAsync(["topics", "create", .. kafka])).ExitCode.Should().Be(0);
        using var first = new CrashMonitorProcess(["run", .. kafka]);
        using var second = new CrashMonitorProcess(["run", .. kafka]);
        await OwnTopicsExistAsync();

        (await CrashMonitorProcess.RunAsync(["load", .. kafka, "--count", "200000", "--rate", "1000", "--speed", "20", "--out-of-order", "0.1", "--late-share", "0.01"])).ExitCode.Should().Be(0);
        (await CrashMonitorProcess.RunAsync(["run", .. kafka, "--exit-when-caught-up"])).ExitCode.Should().Be(0);
        first.Terminate();
        second.Terminate();
        var (firstEnd, secondEnd) = (await first.EndAsync(), await second.EndAsync());
        var verified = await CrashMonitorProcess.RunAsync(["verify", .. kafka]);

        verified.ExitCode.Should().Be(0, verified.Output + verified.Error);
        firstEnd.ExitCode.Should().Be(0, firstEnd.Error);
        secondEnd.ExitCode.Should().Be(0, secondEnd.Error);
        firstEnd.Output.Should().Contain("user_1", "both instances have work");
        secondEnd.Output.Should().Contain("user_1", "both instances have work");

        (await CrashMonitorProcess.RunAsync(["verify", .. kafka, "--threshold", "3"])).ExitCode.Should().Be(1, "the alerts are wrong by that threshold");
    }

    /// <summary>An instance joins the group once the monitor's own topics exist; the load then takes ten seconds, in which the other has joined.</summary>
    private async Task OwnTopicsExistAsync()
    {
        var clients = new KafkaLogClients(new() { BootstrapServers = _kafka!.BootstrapServers });
        using var admin = clients.CreateAdmin("test");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var own = CrashTopology.OwnTopics("crash-monitor").Take(2).ToList();
        while (await ticks.WaitForNextTickAsync(patience.Token) && (await admin.PartitionCountsAsync(own, patience.Token)).Count < own.Count)
        {
        }
    }
}
