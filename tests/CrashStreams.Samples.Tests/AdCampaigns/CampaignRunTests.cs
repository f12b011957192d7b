using CrashStreams.Broker;

namespace CrashStreams.Samples.Tests.AdCampaigns;

/// <summary>The program's commands in processes of their own, on a real broker.</summary>
public class CampaignRunTests
{
    [Fact]
    public async Task Commands_one_after_the_other_give_what_the_oracle_says_and_a_kill_in_between_changes_nothing()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new() { ConsumerSessionTimeout = TimeSpan.FromSeconds(3) });
        string[] bootstrap = ["-b", broker.BootstrapServers];
        async Task<string> Run(params string[] arguments)
        {
            var (exitCode, text) = await SampleProcess.RunAsync("ad-campaigns", [.. arguments, .. bootstrap]);
            exitCode.Should().Be(0, text);
            return text;
        }

        await Run("topics", "create");
        await Run("load", "--arrivals", "mmpp", "--count", "5000", "--duration", "2s", "--start", "2026-01-01T12:00:00Z");
        using (var killed = new SampleProcess("ad-campaigns", ["run", "--guarantee", "exactly_once", .. bootstrap]))
        {
            await broker.WaitUntilAsync(async b => (await b.CommittedOffsetsAsync("ad-campaigns")).Count > 0, TimeSpan.FromSeconds(30));
            killed.Crash();
        }

        await Run("load", "--arrivals", "uniform", "--count", "5000", "--duration", "2s", "--start", "2026-01-01T12:00:30Z", "--seed", "2");
        await Run("run", "--guarantee", "exactly_once", "--exit-when-caught-up");
        var verified = await Run("verify", "--guarantee", "exactly_once");
        await Run("topics", "delete");

        verified.Should().Contain("all right").And.Contain("p99");
    }

    [Fact]
    public async Task Run_stops_in_order_at_Ctrl_C()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await SampleProcess.RunAsync("ad-campaigns", "topics", "create", "-b", broker.BootstrapServers);
        using var run = new SampleProcess("ad-campaigns", "run", "-b", broker.BootstrapServers);
        await broker.WaitUntilAsync(async b => (await b.MembersAsync("ad-campaigns")).Count > 0, TimeSpan.FromSeconds(30));

        run.Interrupt();

        (await run.EndAsync()).ExitCode.Should().Be(0);
    }
}
