using CrashStreams;
using CrashStreams.Kafka;
using CrashStreams.Log;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddCrashStreams("visit-counts", app => app
    .BindConfiguration("VisitCounts")
    .UseTopology((streams, services) => streams
        .Stream<string, string>("visits")
        .GroupBy((user, page) => page, new() { Name = "by-page" })
        .Count("visits-per-page")
        .ToStream()
        .To("visit-counts")));
builder.Services.AddHealthChecks().AddCrashStreams("visit-counts");
// Aspire says by environment variables where these go.
builder.Logging.AddOpenTelemetry(logs => logs.AddOtlpExporter());
builder.Services.AddOpenTelemetry()
    .WithMetrics(metrics => metrics.AddCrashStreamsInstrumentation().AddOtlpExporter())
    .WithTracing(traces => traces.AddCrashStreamsInstrumentation().AddOtlpExporter());

var web = builder.Build();
await CreateTopicsAsync(web.Configuration["VisitCounts:Kafka:BootstrapServers"] ?? "localhost:9092");
web.MapHealthChecks("/health");
web.MapGet("/pages/{page}", async (string page, StreamsApplication app) => (await app.KeyValueStore<string, long>("visits-per-page").GetAsync($"/{page}"))?.Value);
web.Run();

// The topics belong to whoever writes them. Here that is nobody: they are made so that the application has something to read.
static async Task CreateTopicsAsync(string bootstrapServers)
{
    using var admin = new KafkaLogClients(new() { BootstrapServers = bootstrapServers }).CreateAdmin("topics");
    await admin.CreateTopicsAsync([new TopicSpec("visits", 3, new Dictionary<string, string>()), new TopicSpec("visit-counts", 1, new Dictionary<string, string>())], CancellationToken.None);
}
