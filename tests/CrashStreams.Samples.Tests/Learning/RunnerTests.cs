using System.Globalization;
using CrashStreams.Broker;
using CrashStreams.Samples.Learning;
using CrashStreams.Samples.Learning.Commands;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>The programs on a real broker and a real object storage, both of which come and go.</summary>
public sealed class RunnerTests : IAsyncLifetime
{
    private const int Partitions = 2;

    private static readonly LearningOptions _defaults = new();

    private EmbeddedBroker _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await EmbeddedBroker.StartAsync(new() { ConsumerSessionTimeout = TimeSpan.FromSeconds(3) });

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task What_the_API_answers_is_what_the_oracle_says_after_kills_and_a_storage_that_was_away_at_start_and_in_the_middle()
    {
        using var storage = ObjectStorage.Describe();
        // The last ones close all windows. No other comes after a silence, in which a run stops waiting for partitions: what is late after that depends on when it came.
        var events = new HostilePlatform(7).Events(4_000, Partitions, isKeyed: false, _defaults).ToList();
        var closing = Jobs.All.Count * Partitions;
        await CreateTopicsAsync();
        await HostilePlatform.AppendAsync(_broker, events.SkipLast(closing));
        using (var killed = new SampleProcess("learning", ["run", .. Arguments(storage)]))
        {
            await killed.WaitForAsync("Waiting for the storage: no storage answers");
            await storage.StartAgainAsync();
            await killed.WaitForAsync("The storage is there.");
            await _broker.WaitUntilAsync(async broker => (await broker.CommittedOffsetsAsync(_defaults.GroupOf(Job.Auth))).Count > 0, TimeSpan.FromSeconds(60));
            storage.Kill();
            await HostilePlatform.AppendAsync(_broker, events.TakeLast(closing));
            await killed.WaitForAsync("rows wait for the storage: no storage answers");
            killed.Crash();
        }

        await storage.StartAgainAsync();
        await RunAsync(["run", .. Arguments(storage), "--exit-when-caught-up"]);
        await RunAsync(["batch", .. Arguments(storage), "--until", ViewApi.Text(HostilePlatform.Start.AddMinutes(97))]);

        var api = $"http://127.0.0.1:{FreePort.Find().ToString(CultureInfo.InvariantCulture)}";
        using var serve = new SampleProcess("learning", ["serve", .. storage.Arguments, "--urls", api]);
        await serve.WaitForAsync("Listening on");
        await RunAsync(["verify", "-b", _broker.BootstrapServers, "--api", api]);
        serve.Interrupt();
        (await serve.EndAsync()).ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task A_job_that_fails_is_started_again_and_Ctrl_C_ends_it_with_0()
    {
        using var folder = new TemporaryFolder();
        using var run = new SampleProcess("learning", "run", "profile", "-b", _broker.BootstrapServers, "--out", folder.Path);
        await run.WaitForAsync("Job profile has failed and starts again in 1 s");
        await CreateTopicsAsync();
        await HostilePlatform.AppendAsync(_broker, new HostilePlatform(8).Events(500, Partitions, isKeyed: true, _defaults));
        await _broker.WaitUntilAsync(_ => Task.FromResult(Directory.EnumerateFiles(folder.Path, "*.parquet", SearchOption.AllDirectories).Any()), TimeSpan.FromMinutes(1));

        run.Interrupt();

        var (exitCode, text) = await run.EndAsync();
        exitCode.Should().Be(0, text);
        Directory.EnumerateDirectories(Path.Combine(folder.Path, ViewFiles.LiveRoot)).Select(Path.GetFileName).Should().Equal("profile_realtime_updates_1min");
    }

    private string[] Arguments(ObjectStorage storage) => ["-b", _broker.BootstrapServers, .. storage.Arguments];

    private async Task CreateTopicsAsync() => await RunAsync(["topics", "create", "--partitions", Partitions.ToString(CultureInfo.InvariantCulture), "-b", _broker.BootstrapServers]);

    private static async Task RunAsync(string[] arguments)
    {
        var (exitCode, text) = await SampleProcess.RunAsync("learning", arguments);
        exitCode.Should().Be(0, $"{string.Join(' ', arguments)}\n{text}");
    }
}
