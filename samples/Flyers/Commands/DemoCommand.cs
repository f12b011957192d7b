using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Flyers.Api;
using CrashStreams.Samples.Flyers.Load;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using Spectre.Console;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary><c>demo</c>: broker, Redis, API, load and verification.</summary>
internal static class DemoCommand
{
    private const int Partitions = 6;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var redis = new Option<string?>("--redis") { Description = "Redis: host:port. Without it the demo starts one of its own" };
        var count = new Option<long>("--count", "-n") { Description = "How many events", DefaultValueFactory = _ => 20_000 };
        var command = new ExampleCommand("demo", "Starts a broker, a Redis and the API, posts events, verifies the answers and shows the merchants' report.", "flyers demo", "flyers demo --count 200000") { redis, count };
        command.SetAction(async (arguments, cancellation) =>
        {
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: null, cancellation);
            using var ownRedis = arguments.GetValue(redis) is null ? RedisProcess.Start() : null;
            var name = $"flyers-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
            var options = new FlyerOptions { ApplicationId = name, Events = $"{name}-events", Redis = arguments.GetValue(redis) ?? ownRedis!.Address, Urls = $"http://127.0.0.1:{FreePort.Find()}" };
            var kafka = KafkaOption.Read(arguments);
            kafka = broker is null ? kafka : kafka with { BootstrapServers = broker.BootstrapServers };
            var clients = await KafkaOption.ConnectAsync(kafka, broker, cancellation);
            await TopicCommands.CreateAsync(clients, options.Topics(Partitions), cancellation);
            await using var host = FlyerHost.Create(options, kafka, state: null, LogLevel.Warning);
            await host.StartAsync(cancellation);
            using var http = new HttpClient { BaseAddress = new(options.Urls) };
            await UntilHealthyAsync(http, cancellation);
            Console.Error.WriteLine($"The API listens on {options.Urls}.");

            await new Poster(http.BaseAddress, posters: 8, waits: true).RunAsync(new() { Events = arguments.GetValue(count) }, cancellation);
            var exitCode = await VerifyCommand.CompareAsync(clients, options, rows: 10, cancellation);
            await ShowAsync(http, cancellation);
            await host.StopAsync(CancellationToken.None);
            return exitCode;
        });
        return command;
    }

    private static async Task UntilHealthyAsync(HttpClient http, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            using var answer = await http.GetAsync(new Uri("/api/health", UriKind.Relative), cancellation);
            if (answer.IsSuccessStatusCode)
                return;
            if (TimeProvider.System.GetElapsedTime(began) > _patience)
                throw new IOException($"The API does not work: {await answer.Content.ReadAsStringAsync(cancellation)}");
            await Task.Delay(_look, TimeProvider.System, cancellation);
        }
    }

    // What a user of the API would type, and what comes back.
    private static async Task ShowAsync(HttpClient http, CancellationToken cancellation)
    {
        foreach (var path in new[] { "/api/health", "/api/results?limit=3", "/api/merchants.csv" })
        {
            Console.WriteLine($"\n$ curl {http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{path}");
            Console.Write(await http.GetStringAsync(new Uri(path, UriKind.Relative), cancellation));
        }

        var csv = await http.GetStringAsync(new Uri("/api/merchants.csv", UriKind.Relative), cancellation);
        var chart = new BarChart().Label("Visits by merchant").Width(80);
        foreach (var line in csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split(',')))
            chart.AddItem(Markup.Escape(line[0]), double.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture), Color.Blue);
        AnsiConsole.WriteLine();
        AnsiConsole.Write(chart);
    }
}
