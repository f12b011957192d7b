using System.Diagnostics;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Log;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CrashStreams.Hosting.Tests.Telemetry;

/// <summary>OpenTelemetry's SDK in a web application: Prometheus scrapes over HTTP, spans are exported.</summary>
public sealed class OpenTelemetryTests : HostTest
{
    private readonly List<Activity> _spans = [];

    private async Task<WebApplication> StartAsync(params string[] applications)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        foreach (var application in applications)
        {
            builder.Services.AddCrashStreams(application, app => app.UseKafka(kafka => kafka.BootstrapServers = Broker.BootstrapServers)
                .UseTopology((streams, _) => streams.Stream<string, string>("visits").SelectKey((user, _) => user.ToUpperInvariant()).GroupByKey(new() { Name = "by-user" }).Count("visits-per-user").ToStream().To("counts")));
        }

        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics.AddCrashStreamsInstrumentation().AddPrometheusExporter())
            .WithTracing(traces => traces.AddCrashStreamsInstrumentation().AddInMemoryExporter(_spans));
        var web = builder.Build();
        web.MapPrometheusScrapingEndpoint();
        await web.StartAsync();
        return web;
    }

    private void VisitTraced(string user, string traceparent)
    {
        using var producer = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers }).CreateProducer("visitors", null);
        producer.Send("visits", 0, new LogRecord { Key = Encoding.UTF8.GetBytes(user), HasKey = true, Value = "/"u8, HasValue = true, Timestamp = 1, Headers = new Headers().Add("traceparent", traceparent) });
        producer.Flush();
    }

    private string? TraceOfResult()
    {
        using var consumer = new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers }).CreateRestoreConsumer("reader", readCommitted: true);
        consumer.Assign(new Dictionary<TopicPartition, long> { [new("counts", 0)] = 0 });
        while (true)
        {
            if (consumer.Poll(TimeSpan.FromSeconds(1)) is { Count: > 0 } batch)
                return batch[0].Headers?.Last("traceparent") is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
    }

    private static async Task<string[]> ScrapeAsync(WebApplication web)
    {
        using var http = new HttpClient { BaseAddress = new Uri(web.Urls.Single()) };
        return (await http.GetStringAsync("/metrics")).Split('\n');
    }

    private static IEnumerable<string> Samples(string[] lines, string metric, params string[] labels) =>
        lines.Where(line => line.StartsWith($"{metric}{{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));

    [Fact]
    public async Task Prometheus_scrapes_the_applications_of_a_host()
    {
        await VisitAsync("ann");
        await VisitAsync("bob");
        await using var web = await StartAsync("first", "second");
        await ResultsAsync("counts", 4);

        string[] lines = [];
        await UntilAsync(async () => Samples(lines = await ScrapeAsync(web), "crashstreams_records_processed_total", "application=\"second\"", "topic=\"visits\"", "partition=\"0\"").Any(static line => line.Contains(" 2", StringComparison.Ordinal))
            && Samples(lines, "crashstreams_commit_duration_seconds_count", "application=\"first\"").Any());

        Samples(lines, "crashstreams_records_processed_total", "application=\"first\"", "topic=\"visits\"").Should().ContainSingle();
        Samples(lines, "crashstreams_records_latency_seconds_bucket", "topic=\"visits\"", "le=\"3600\"").Should().NotBeEmpty("the library says which buckets make sense");
        Samples(lines, "messaging_client_consumed_messages_total", "messaging_system=\"kafka\"", "messaging_destination_name=\"visits\"").Should().NotBeEmpty();
        lines.Where(static line => line.StartsWith("crashstreams_", StringComparison.Ordinal) || line.StartsWith("messaging_", StringComparison.Ordinal)).Select(static line => line.Split('{', ' ')[0])
            .Distinct().Should().BeSubsetOf(PrometheusNames.All);
        Samples(lines, "crashstreams_tasks", "state=\"running\"", "application=\"first\"").Should().ContainSingle().Which.Should().Contain(" 2");
    }

    [Fact]
    public async Task A_trace_goes_through_a_repartition_topic_to_the_readers_of_the_results()
    {
        VisitTraced("ann", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await using var web = await StartAsync("traced");
        await ResultsAsync("counts", 1);
        await UntilAsync(() => Task.FromResult(web.Services.GetRequiredService<TracerProvider>().ForceFlush() && _spans.Count >= 2));

        var spans = _spans.Where(static span => span.TraceId.ToString() == "0af7651916cd43dd8448eb211c80319c").OrderBy(static span => span.StartTimeUtc).ToList();
        spans.Select(static span => span.DisplayName).Should().Equal("process visits", "process traced-by-user-repartition");
        spans[1].ParentSpanId.Should().Be(spans[0].SpanId);
        TraceOfResult().Should().Be(spans[1].Id);
    }
}
