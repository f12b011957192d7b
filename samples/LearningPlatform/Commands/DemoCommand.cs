using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.Learning.Batch;
using CrashStreams.Samples.Learning.Running;
using CrashStreams.Samples.Learning.Serving;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Verification;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Load;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Storage;
using CrashStreams.Samples.Terminal;
using Spectre.Console;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary><c>demo</c>: broker, object storage, jobs, batch and API in one process, and every row that the API answers verified.</summary>
internal static class DemoCommand
{
    private const string Bucket = "views";
    private const int Users = 500;
    private const int CacheBytes = 64_000_000;
    private const int ChartWidth = 76;
    private const int MostBars = 12;

    public static Command Create()
    {
        // Two hours of a small school in half a minute.
        var load = new LoadArguments(new() { Rate = 8, Count = 57_600, Speed = 240, OutOfOrderBy = TimeSpan.FromSeconds(90), LateShare = 0.001 });
        var stay = new Option<bool>("--stay") { Description = "Leave the page with the charts open until Ctrl-C" };
        var urls = new Option<string?>("--urls") { Description = "Where the API listens; a free port of this machine by default" };
        var command = new ExampleCommand(
            "demo", "Starts a broker, an object storage, all jobs and the API, generates events, writes a batch, verifies what the API answers over the end of the batch, and shows it.",
            "learning demo", "learning demo --stay --urls http://127.0.0.1:8080") { stay, urls };
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (generated, kafka) = (load.Read(arguments, TimeProvider.System), KafkaOption.Read(arguments));
            var address = arguments.GetValue(urls) ?? string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");
            var folder = Directory.CreateTempSubdirectory("learning-demo-");
            try
            {
                using var objects = new OwnStorage(folder.FullName, Bucket);
                await objects.StartAsync(cancellation);
                Console.Error.WriteLine($"Started an object storage of its own at {objects.Url}.");
                await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: null, cancellation);
                var clients = await KafkaOption.ConnectAsync(kafka, broker, cancellation);
                var storage = new ObjectViews(new(new() { Url = objects.Url, Bucket = Bucket, AccessKeyId = OwnStorage.Key, SecretAccessKey = OwnStorage.Key }));
                await using var host = ServeHost.Create(storage, address, CacheBytes, LogLevel.Warning);
                await host.StartAsync(cancellation);
                return await RunAsync(new(clients, storage, new(address), generated), arguments.GetValue(stay), cancellation);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    private sealed record Stage(ILogClients Clients, ObjectViews Storage, Uri Api, EventLoad Load);

    private static async Task<int> RunAsync(Stage stage, bool stays, CancellationToken cancellation)
    {
        var name = $"learning-demo-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
        var options = new LearningOptions
        {
            ApplicationId = name, AuthTopic = $"{name}-auth-events", AssessmentTopic = $"{name}-assessment-events", VideoTopic = $"{name}-video-events",
            CourseTopic = $"{name}-course-events", ProfileTopic = $"{name}-profile-events", NotificationTopic = $"{name}-notification-events",
        };
        await TopicCommands.CreateAsync(stage.Clients, options.Topics(LearningTopics.DefaultPartitions), cancellation);
        try
        {
            var (from, to) = (stage.Load.Start, stage.Load.Start + stage.Load.Duration);
            var page = $"{stage.Api}?from={from.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}&to={to.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}";
            Console.Error.WriteLine($"Charts while events come: {page}");
            using (var runner = new Runner(Jobs.All, options, stage.Storage, stage.Clients, state: null, LogLevel.Warning))
                await LoadAndRunAsync(stage, options, runner, cancellation);

            // Half of it from the batch, half of it live.
            await BatchCommand.WriteAsync(stage.Clients, options, stage.Storage, from + (stage.Load.Duration / 2), cancellation);
            using var http = new HttpClient { BaseAddress = stage.Api };
            var exitCode = await VerifyCommand.CompareAsync(stage.Clients, options, (check, stop) => ApiRows.FindAsync(check, http, stop), rows: 5, cancellation);
            await ShowAsync(stage, http, from, to, cancellation);
            if (stays)
            {
                Console.Error.WriteLine($"Charts: {page} Ctrl-C stops.");
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return exitCode;
        }
        finally
        {
            await TopicCommands.DeleteAsync(
                stage.Clients, [.. options.Topics(1).Select(static topic => topic.Name), .. LearningTopics.OwnTopics.Select(topic => $"{options.ApplicationId}-{topic}")], CancellationToken.None);
        }
    }

    // The jobs run while events come; a second life of theirs does what the first has left.
    private static async Task LoadAndRunAsync(Stage stage, LearningOptions options, Runner runner, CancellationToken cancellation)
    {
        using var loaded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = runner.RunAsync(untilCaughtUp: false, loaded.Token);
        await LoadCommand.SendAsync(stage.Clients, options, stage.Load, Users, cancellation);
        await loaded.CancelAsync();
        await running;
        await runner.RunAsync(untilCaughtUp: true, cancellation);
        cancellation.ThrowIfCancellationRequested();
    }

    private static async Task ShowAsync(Stage stage, HttpClient http, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var end = (await BatchEnd.ReadAsync(stage.Storage, ViewCatalog.All[0], cancellation))!.Value;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nRows of windows that end until {end.UtcDateTime:HH:mm} came from the batch, those after it are live."));
        await ChartAsync(http, "auth_realtime_active_users_5min", "Active users, windows of five minutes", from, to, static row => (Clock(row), row.GetProperty("users").GetDouble()), cancellation);
        await ChartAsync(http, "auth_realtime_login_rate", "Successful logins, %", from, to, static row => (Clock(row), 100 * row.GetProperty("success_rate").GetDouble()), cancellation);
        var popular = await ApiRows.ReadAsync(http, "video_realtime_popular_videos", from, to, cancellation);
        Draw(
            "Most started videos of the last window",
            popular.Where(row => Clock(row) == Clock(popular[^1])).Select(static row => ($"{row.GetProperty("rank").GetInt64()}. {row.GetProperty("video_id").GetString()}", row.GetProperty("starts").GetDouble())));
    }

    // As many windows as there is room for, at equal distances.
    private static async Task ChartAsync(HttpClient http, string view, string label, DateTimeOffset from, DateTimeOffset to, Func<JsonElement, (string, double)> bar, CancellationToken cancellation)
    {
        var rows = await ApiRows.ReadAsync(http, view, from, to, cancellation);
        var step = Math.Max(1, rows.Count / MostBars);
        Draw(label, rows.Where((_, i) => i % step == 0).Select(bar));
    }

    private static void Draw(string label, IEnumerable<(string Name, double Value)> bars)
    {
        var chart = new BarChart().Width(ChartWidth).Label(label);
        foreach (var (name, value) in bars)
            chart.AddItem(Markup.Escape(name), Math.Round(value, 1), Color.Blue);
        AnsiConsole.WriteLine();
        AnsiConsole.Write(chart);
    }

    private static string Clock(JsonElement row) => row.GetProperty("window_end").GetDateTimeOffset().UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture);
}
