using CrashStreams.Samples.Learning.Storage;
using OpenTelemetry.Metrics;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>The serving layer: the API, its description and metrics, and a page of charts.</summary>
internal static class ServeHost
{
    /// <param name="storage">Where views are.</param>
    /// <param name="urls">Where it listens.</param>
    /// <param name="cacheBytes">How much of what was read is kept in memory.</param>
    /// <param name="log">What is logged.</param>
    public static WebApplication Create(IViewStorage storage, string urls, long cacheBytes, LogLevel log)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(urls);
        builder.Logging.ClearProviders().AddSimpleConsole(static console => console.SingleLine = true).SetMinimumLevel(log);
        builder.Services.AddOpenApi();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ServingJson.Default));
        builder.Services.AddSingleton(storage);
        builder.Services.AddSingleton(new RowFiles(storage, cacheBytes));
        builder.Services.AddSingleton<ViewReader>();
        builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", RowFiles.MeterName).AddPrometheusExporter());

        var app = builder.Build();
        app.Use(FaultAnswers.InvokeAsync);
        app.MapOpenApi("/openapi.json");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapViews();
        app.MapPage();
        return app;
    }
}
