using System.Net;
using System.Text;
using CrashStreams.Broker;
using CrashStreams.Packages.Tests.Documents;
using CrashStreams.Packages.Tests.Packing;

namespace CrashStreams.Packages.Tests;

/// <summary>The programs of docs/metrics.md, made of packages: what they export arrives.</summary>
public class TelemetryTests(PackedRepository repository)
{
    private static readonly List<string> _programs = [.. new MarkdownFile(Repository.PathOf("docs", "metrics.md")).Snippets("csharp").Where(static snippet => snippet.IsFile).Select(static snippet => snippet.Code)];

    [Fact]
    public async Task The_worker_sends_metrics_and_traces_to_a_collector_and_Prometheus_scrapes_the_web_application()
    {
        using var folder = new FreshFolder(repository);
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("visits");
        await broker.CreateTopicAsync("visit-counts");
        await broker.AppendAsync("visits", 0, ("ann"u8.ToArray(), "/"u8.ToArray()));
        folder.Write("Worker/Program.cs", _programs[0]);
        folder.Write("Worker/Worker.csproj", Project.Program("Microsoft.NET.Sdk.Worker", repository.Version, "CrashStreams.Hosting", "CrashStreams.OpenTelemetry", "Microsoft.Extensions.Hosting", "OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Exporter.OpenTelemetryProtocol"));
        folder.Write("Web/Program.cs", _programs[1]);
        folder.Write("Web/Web.csproj", Project.Program("Microsoft.NET.Sdk.Web", repository.Version, "CrashStreams.Hosting", "CrashStreams.OpenTelemetry", "OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Exporter.Prometheus.AspNetCore"));
        await folder.RunAsync("dotnet", "build", "Worker", "-v", "q", "--nologo");
        await folder.RunAsync("dotnet", "build", "Web", "-v", "q", "--nologo");

        await CollectAsync(folder, broker);
        await ScrapeAsync(folder, broker);
    }

    private static async Task CollectAsync(FreshFolder folder, EmbeddedBroker broker)
    {
        using var collector = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort()}/";
        collector.Prefixes.Add(address);
        collector.Start();
        using var worker = new Command(
            folder.PathOf("Worker"), "env", $"OTEL_EXPORTER_OTLP_ENDPOINT={address}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_METRIC_EXPORT_INTERVAL=500", "OTEL_BSP_SCHEDULE_DELAY=500",
            folder.PathOf("Worker", "bin", "Debug", "net10.0", "Worker"), "--VisitCounts:ApplicationId", "worker", "--VisitCounts:Kafka:BootstrapServers", broker.BootstrapServers);

        var wanted = new HashSet<string> { "/v1/metrics crashstreams.records.processed", "/v1/traces process visits" };
        while (wanted.Count > 0)
        {
            var request = await collector.GetContextAsync().WaitAsync(TimeSpan.FromMinutes(1));
            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body);
            // Text lies in protobuf as it is.
            var text = Encoding.Latin1.GetString(body.ToArray());
            wanted.RemoveWhere(one => request.Request.Url!.AbsolutePath == one.Split(' ', 2)[0] && text.Contains(one.Split(' ', 2)[1], StringComparison.Ordinal));
            request.Response.Close();
        }
    }

    private static async Task ScrapeAsync(FreshFolder folder, EmbeddedBroker broker)
    {
        using var web = new Command(
            folder.PathOf("Web"), folder.PathOf("Web", "bin", "Debug", "net10.0", "Web"), "--urls", "http://127.0.0.1:0", "--VisitCounts:ApplicationId", "web", "--VisitCounts:Kafka:BootstrapServers", broker.BootstrapServers);
        await web.PrintedAsync(output => output.Contains("visit-counts: Running", StringComparison.Ordinal) && output.Contains("Now listening on: ", StringComparison.Ordinal));
        using var http = new HttpClient { BaseAddress = new Uri(web.Output.Split("Now listening on: ")[1].Split('\n')[0].Trim()) };

        await broker.WaitUntilAsync(async _ => (await http.GetStringAsync("/metrics")).Split('\n').Any(static line => line.StartsWith("crashstreams_records_processed_total{", StringComparison.Ordinal)
            && line.Contains("topic=\"visits\"", StringComparison.Ordinal) && line.Contains("} 1", StringComparison.Ordinal)), TimeSpan.FromMinutes(1));
        web.Interrupt();
        (await web.EndAsync()).Should().Be(0, web.Output);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
