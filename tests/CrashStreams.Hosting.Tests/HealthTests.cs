using CrashStreams.RocksDb;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Hosting.Tests;

/// <summary>A web application with a query and health checks, asked over HTTP.</summary>
public class HealthTests : HostTest
{
    private async Task<(WebApplication Web, HttpClient Http)> StartAsync(Action<StreamsApplicationBuilder> configure, long? maxLag = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddCrashStreams("counts", app => configure(app.UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)));
        builder.Services.AddHealthChecks().AddCrashStreams("counts", maxLag);
        var web = builder.Build();
        foreach (var tag in new[] { "live", "ready" })
            web.MapHealthChecks($"/{tag}", new HealthCheckOptions { Predicate = check => check.Tags.Contains(tag), ResponseWriter = (context, report) => context.Response.WriteAsync($"{report.Status} {report.Entries.Single().Value.Description}") });
        web.MapGet("/visits/{user}", async (string user, [FromKeyedServices("counts")] StreamsApplication app) =>
            (await app.KeyValueStore<string, long>("visits-per-user").GetAsync(user))?.Value);
        await web.StartAsync();
        return (web, new HttpClient { BaseAddress = new Uri(web.Urls.Single()) });
    }

    private static async Task<string> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
    }

    [Fact]
    public async Task A_running_application_is_live_and_ready_and_answers_questions()
    {
        await VisitAsync("ann");
        var (web, http) = await StartAsync(app => app.UseTopology(CountVisits));
        await using var _ = web;
        using var __ = http;

        await UntilAsync(async () => (await GetAsync(http, "/ready")).StartsWith("200", StringComparison.Ordinal));
        await ResultsAsync("counts", 1);

        (await GetAsync(http, "/ready")).Should().Be("200 Healthy Running");
        (await GetAsync(http, "/live")).Should().Be("200 Healthy Running");
        (await GetAsync(http, "/visits/ann")).Should().Be("200 1");
    }

    [Fact]
    public async Task An_application_whose_state_is_not_there_yet_is_not_ready_and_says_why()
    {
        using var folder = new TemporaryFolder();
        using var other = new RocksDbState(new RocksDbOptions { Directory = folder.Path });
        other.TryLock("counts", "0_0").Should().BeTrue();
        var (web, http) = await StartAsync(app => app.UseTopology(CountVisits).UseState(_ => new RocksDbState(new RocksDbOptions { Directory = folder.Path })));
        await using var _ = web;
        using var __ = http;

        await UntilAsync(async () => (await GetAsync(http, "/ready")).Contains("Restoring", StringComparison.Ordinal));
        (await GetAsync(http, "/ready")).Should().StartWith("503 Unhealthy Restoring: 0 of 1 tasks run");
        await UntilAsync(async () => (await GetAsync(http, "/ready")).Contains("Blocked", StringComparison.Ordinal));
        (await GetAsync(http, "/ready")).Should().StartWith("503 Unhealthy Blocked: ").And.Contain("0_0").And.Contain("locked");
        (await GetAsync(http, "/live")).Should().StartWith("200");

        other.Unlock("counts", "0_0");
        await UntilAsync(async () => await GetAsync(http, "/ready") == "200 Healthy Running");
    }

    [Fact]
    public async Task Without_a_broker_the_host_starts_and_is_live_but_not_ready_and_says_what_it_tries()
    {
        await Broker.CrashAsync();
        var (web, http) = await StartAsync(app => app.UseTopology(CountVisits));
        await using var _ = web;
        using var __ = http;

        await UntilAsync(async () => (await GetAsync(http, "/ready")).Contains("Connecting", StringComparison.Ordinal));

        (await GetAsync(http, "/ready")).Should().StartWith("503 Unhealthy Connecting: ").And.Contain(Broker.BootstrapServers);
        (await GetAsync(http, "/live")).Should().StartWith("200 Healthy");

        await Broker.RestartAsync();
        await UntilAsync(async () => await GetAsync(http, "/ready") == "200 Healthy Running");
    }

    [Fact]
    public async Task A_broker_that_goes_away_makes_a_running_application_degraded()
    {
        var (web, http) = await StartAsync(app => app.UseTopology(CountVisits));
        await using var _ = web;
        using var __ = http;
        await UntilAsync(async () => await GetAsync(http, "/ready") == "200 Healthy Running");

        await Broker.CrashAsync();
        await UntilAsync(async () => (await GetAsync(http, "/ready")).StartsWith("200 Degraded Connecting: ", StringComparison.Ordinal));

        (await GetAsync(http, "/live")).Should().StartWith("200 Healthy Connecting: ");
        await Broker.RestartAsync();
        await UntilAsync(async () => await GetAsync(http, "/ready") == "200 Healthy Running");
    }

    [Fact]
    public async Task An_application_that_is_too_far_behind_is_degraded_and_says_how_far()
    {
        using var goOn = new ManualResetEventSlim();
        await Broker.AppendAsync("visits", 0, [.. Enumerable.Range(0, 200).Select(static i => ((byte[]?)"ann"u8.ToArray(), (byte[]?)"/"u8.ToArray()))]);
        var (web, http) = await StartAsync(
            app => app.Configure(options => options.Delivery.CommitInterval = TimeSpan.FromMilliseconds(100)).UseTopology((streams, _) => streams.Stream<string, string>("visits").Peek((_, _) => goOn.Wait(TimeSpan.FromMilliseconds(200))).To("counts")),
            maxLag: 5);
        await using var _ = web;
        using var __ = http;

        await UntilAsync(async () => (await GetAsync(http, "/ready")).StartsWith("200 Degraded", StringComparison.Ordinal));
        (await GetAsync(http, "/ready")).Should().MatchRegex("200 Degraded Running: [0-9]+ records behind, and the limit is 5");
        goOn.Set();
        await UntilAsync(async () => await GetAsync(http, "/ready") == "200 Healthy Running");
    }

    [Fact]
    public async Task A_failed_application_is_neither_live_nor_ready_and_says_why()
    {
        await VisitAsync("ann");
        var (web, http) = await StartAsync(app =>
        {
            app.Services.Configure<HostOptions>(options => options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
            app.UseTopology((streams, _) => streams.Stream<string, string>("visits").MapValues<string>(_ => throw new FormatException("no such visit")).To("counts"));
        });
        await using var _ = web;
        using var __ = http;

        await UntilAsync(async () => (await GetAsync(http, "/live")).StartsWith("503", StringComparison.Ordinal));

        (await GetAsync(http, "/live")).Should().StartWith("503 Unhealthy Failed: ").And.Contain("FormatException");
        (await GetAsync(http, "/ready")).Should().StartWith("503 Unhealthy Failed: ");
    }
}
