using System.Diagnostics;
using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Suite.Brokers;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.EndToEnd;

/// <summary>
/// Drains of one preloaded topic on one broker: the bare consume, our engine in several ways and Streamiz, in turn, each in client processes of its own. What they have written is compared
/// with what the input requires, after each drain: a fast wrong run of ours fails the whole run.
/// </summary>
internal sealed class EndToEndRun(EndToEndOptions options)
{
    private const string Topic = "logs";
    private const int Partitions = 12;

    // A broker that has just started still compiles what it does: its processor time would be counted against whoever comes first.
    private const int WarmUps = 1;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    public static string AlertTopic(string topic, string application) => $"{topic}-{application}-alerts";

    /// <summary>Whether every alert of ours was right.</summary>
    public async Task<bool> RunAsync()
    {
        var run = RunInfo.Now($"{options.Command}{(IsNative(options.Clients) ? "" : " with clients compiled while they run")}");
        Console.WriteLine($"Starting the broker ({options.Broker.Kind}) and loading {options.Records:N0} lines into {Partitions} partitions");
        using var broker = await options.Broker.StartAsync();
        // What checks shares nothing with what is measured.
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = broker.Bootstrap, Fetching = FetchPath.Librdkafka });
        await Loading.RunAsync(clients, Topic, Partitions, options.Records);
        var expected = await AlertCheck.ExpectAsync(clients, Topic);
        var variants = Variant.All.Where(v => v.Engine == Engine.None || v.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)).ToList();
        var results = new List<VariantResult>();
        for (var round = 1 - WarmUps; round <= options.Rounds; round++)
        {
            foreach (var variant in variants.Where(v => round > 0 || v.Engine != Engine.Streamiz))
            {
                var result = await DrainAsync(broker, clients, variant, round, expected);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(round < 1 ? "warm-up" : $"{round}/{options.Rounds}")} {variant.Name}: {result.RecordsPerSecond / 1e6:0.00} M records/s, {result.ClientProcessorSeconds / options.Records * 1e6:0.00} CPU s per million, {result.PeakMegabytes:0} MB{(result.Alerts is { IsRight: false } wrong ? $", WRONG: {wrong}" : "")}"));
                if (round > 0)
                    results.Add(result);
            }
        }

        Console.WriteLine();
        Console.WriteLine(EndToEndTable.Of(results));
        if (options.Json is { } path)
            new ResultFile<VariantResult>(run, results).Write(path);
        return results.All(r => r.Alerts is not { IsRight: false } || Variant.All.Single(v => v.Name == r.Variant).Engine != Engine.Ours);
    }

    // What is compiled while it runs has its code in a library beside it.
    private static bool IsNative(string program) => !File.Exists($"{program}.dll");

    private async Task<VariantResult> DrainAsync(IBroker broker, KafkaLogClients clients, Variant variant, int round, ExpectedAlerts expected)
    {
        var application = $"e2e-{Guid.NewGuid():N}";
        using var admin = clients.CreateAdmin("e2e");
        if (variant.Engine != Engine.None)
            await admin.CreateTopicsAsync([new(AlertTopic(Topic, application), 1, new Dictionary<string, string>())], default);
        var before = broker.ProcessorTime;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, variant.Processes).Select(_ => ClientAsync(variant, broker.Bootstrap, application)));
        var used = broker.ProcessorTime - before;
        var result = new VariantResult
        {
            Variant = variant.Name,
            Round = round,
            Records = options.Records,
            Seconds = outcomes.Max(static o => o.Seconds),
            JoiningSeconds = outcomes.Max(static o => o.JoiningSeconds),
            ClientProcessorSeconds = outcomes.Sum(static o => o.ProcessorSeconds),
            BrokerProcessorSeconds = used.TotalSeconds,
            AllocatedBytes = outcomes.Sum(static o => o.AllocatedBytes),
            PauseMilliseconds = outcomes.Sum(static o => o.PauseMilliseconds),
            PeakMegabytes = outcomes.Max(static o => o.PeakMegabytes),
            Alerts = variant.Engine == Engine.None ? null : await AlertCheck.OfEndedAsync(clients, AlertTopic(Topic, application), expected),
        };
        if (variant.Engine != Engine.None)
            await admin.DeleteTopicsAsync([.. CrashTopology.OwnTopics(application), AlertTopic(Topic, application)], default);
        return result;
    }

    private async Task<Outcome> ClientAsync(Variant variant, string bootstrap, string application)
    {
        var program = variant.Engine == Engine.Streamiz ? Environment.ProcessPath! : options.Clients;
        var arguments = variant.Arguments(bootstrap, Topic, options.Records, application);
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            var output = (await process.StandardOutput.ReadToEndAsync(patience.Token)).Split('\n');
            await process.WaitForExitAsync(patience.Token);
            foreach (var line in output.Where(static l => l.StartsWith("log ", StringComparison.Ordinal)))
                Console.WriteLine($"  {line}");
            var outcome = output.Select(Outcome.TryRead).FirstOrDefault(static o => o is not null);
            return process.ExitCode == 0 && outcome is not null
                ? outcome
                : throw new InvalidOperationException($"The client '{string.Join(' ', arguments)}' failed with exit code {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
