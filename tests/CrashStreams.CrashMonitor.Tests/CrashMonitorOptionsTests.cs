namespace CrashStreams.CrashMonitor.Tests;

public class CrashMonitorOptionsTests
{
    [Fact]
    public void The_defaults_are_usable() => new CrashMonitorOptions().Invoking(options => options.Validate()).Should().NotThrow();

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var options = new CrashMonitorOptions { InputTopic = "", Threshold = -1, Window = TimeSpan.FromTicks(15_000), Grace = TimeSpan.FromSeconds(-1), MaxValueBytes = 0 };

        options.Invoking(o => o.Validate()).Should().Throw<TopologyException>().Which.Message
            .Should().ContainAll("InputTopic", "Threshold", "Window", "Grace", "MaxValueBytes");
    }
}
