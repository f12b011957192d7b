using CrashStreams.Chaos;

namespace CrashStreams.Integration.Tests;

/// <summary>The short form of <c>./build.sh chaos</c>: real processes, killed and suspended.</summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Alerts_are_exact_after_monitors_and_their_broker_were_killed_suspended_and_stopped()
    {
        var directory = Directory.CreateTempSubdirectory("crashstreams-chaos-").FullName;
        var lines = new List<string>();
        var options = new ChaosOptions { Duration = TimeSpan.FromSeconds(25), Guarantee = ProcessingGuarantee.ExactlyOnce, Seed = 7, Directory = directory };

        var violations = await new ChaosRun(options, lines.Add).RunAsync();

        violations.Should().BeEmpty("this is what happened (logs are in {0}):\n{1}", directory, string.Join('\n', lines));
        Directory.Delete(directory, recursive: true);
    }
}
