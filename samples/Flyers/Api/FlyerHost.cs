using CrashStreams.Kafka;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Topology;
using CrashStreams.Stores;
using OpenTelemetry.Metrics;
using StackExchange.Redis;

namespace CrashStreams.Samples.Flyers.Api;

/// <summary>The API and the application behind it, in one host.</summary>
internal static class FlyerHost
{
    public static WebApplication Create(FlyerOptions options, KafkaOptions kafka, IStateStorage? state, LogLevel log)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = options.MaxBodyBytes);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(log);
        builder.Services.AddOpenApi();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));

        // What waits for a Redis that is away would wait in a stream thread.
        var redis = ConfigurationOptions.Parse(options.Redis);
        (redis.AbortOnConnectFail, redis.BacklogPolicy, redis.ConnectTimeout, redis.AsyncTimeout, redis.SyncTimeout) = (false, BacklogPolicy.FailFast, 2_000, 2_000, 2_000);
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));

        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(services => new EventWriter(options, new KafkaLogClients(EventWriter.Configure(kafka), services.GetService<ILogger<KafkaLogClients>>())));
        builder.Services.AddHostedService(static services => services.GetRequiredService<EventWriter>());
        builder.Services.AddSingleton<FlyerService>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<FlyerService>());
        builder.Services.AddCrashStreams(FlyerService.Application, flyers =>
        {
            flyers.Configure(options.Configure);
            flyers.UseClients(services => new KafkaLogClients(kafka with { Linger = TimeSpan.FromMilliseconds(1) }, services.GetService<ILogger<KafkaLogClients>>()));
            flyers.UseTopology(services => FlyerTopology.Build(options, new(FlyerTopology.SinkName(options), services.GetRequiredService<IConnectionMultiplexer>()) { Logger = services.GetRequiredService<ILogger<RedisSink>>() }));
            if (state is not null)
                flyers.UseState(_ => state);
        });
        builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddCrashStreamsInstrumentation().AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddPrometheusExporter());

        var app = builder.Build();
        app.MapOpenApi("/api/openapi.json");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapFlyers();
        return app;
    }
}
