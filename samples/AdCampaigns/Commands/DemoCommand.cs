using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Log;
using CrashStreams.Samples.AdCampaigns.Latency;
using CrashStreams.Samples.AdCampaigns.Load;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.AdCampaigns.Commands;

/// <summary><c>demo</c>: for each kind of arrivals clean topics, producers, the application and the verification; then all latencies side by side.</summary>
internal static class DemoCommand
{
    private const int Partitions = 2;

    public static Command Create()
    {
        // 666 events per second, as long as two minutes have room for all three.
        var load = new LoadArguments(new() { Count = 8_300, Duration = TimeSpan.FromSeconds(25) });
        var arrivals = new Option<string[]>("--arrivals") { Description = "Which kinds of arrivals: poisson, mmpp, uniform [default: all three]", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var guarantee = new ChoiceOption<ProcessingGuarantee>("--guarantee", "What a crash may do to the results", ProcessingGuarantee.AtLeastOnce);
        var plot = new Option<string>("--plot") { Description = "Where the plot goes", DefaultValueFactory = _ => "ad-campaigns-latency.svg" };
        var keep = new Option<bool>("--keep") { Description = "Keep the demo's topics" };
        var command = new ExampleCommand(
            "demo", "For each kind of arrivals: creates clean topics, starts the producers, runs the application, verifies its results. Then shows the latencies side by side, as a table and a plot.",
            "ad-campaigns demo", "ad-campaigns demo --arrivals mmpp --producers 2 --count 20000 --duration 60s")
        {
            arrivals, guarantee, plot, keep,
        };
        load.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (generated, kinds, picture) = (load.Read(arguments), Kinds(arguments.GetValue(arrivals)!), Path.GetFullPath(arguments.GetValue(plot)!));
            var kafka = LoadCommand.ForLatency(KafkaOption.Read(arguments));
            await using var broker = await OwnBroker.StartUnlessNamedAsync(arguments, dataDirectory: null, cancellation);
            var clients = await KafkaOption.ConnectAsync(kafka, broker, cancellation);
            var (summaries, exitCode) = (new List<LatencySummary>(), ExitCode.Success);
            foreach (var kind in kinds)
            {
                var name = $"ad-campaigns-{$"{kind}".ToLowerInvariant()}-{TimeProvider.System.GetUtcNow():yyyyMMdd-HHmmss}";
                var options = new CampaignOptions { ApplicationId = name, Events = $"{name}-events", Ads = $"{name}-ads", Results = $"{name}-results", Guarantee = guarantee.Read(arguments) };
                exitCode = Math.Max(exitCode, await RunAsync(clients, options, generated with { Arrivals = kind }, summaries, cancellation));
                if (!arguments.GetValue(keep))
                    await TopicCommands.DeleteAsync(clients, [.. options.Topics(1).Select(topic => topic.Name), .. CampaignTopology.OwnTopics.Select(topic => $"{name}-{topic}")], CancellationToken.None);
            }

            LatencyTable.Write(Console.Out, "arrivals", summaries);
            LatencyPlot.Save(picture, summaries);
            Console.WriteLine($"Plot: {picture}");
            return exitCode;
        });
        return command;
    }

    private static async Task<int> RunAsync(ILogClients clients, CampaignOptions options, CampaignLoad load, List<LatencySummary> summaries, CancellationToken cancellation)
    {
        await TopicCommands.CreateAsync(clients, options.Topics(Partitions), cancellation);
        await new AdProducers(clients, load).SendAdsAsync(options.Ads, cancellation);
        await using (var run = await RunCommand.StartAsync(clients, options, state: null, LogLevel.Warning, cancellation))
        {
            // What is sent while the application joins its group would wait for that.
            await run.ReadyAsync(cancellation);
            await LoadCommand.SendEventsAsync(clients, options, load, cancellation);
            await run.RunAsync(untilCaughtUp: true, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        var exitCode = await VerifyCommand.CompareAsync(clients, options, rows: 10, cancellation);
        var name = load.Arrivals == Arrivals.Mmpp ? "MMPP" : $"{load.Arrivals}";
        var latencies = await LatencyReport.ReadAsync(clients, options.Results, name, cancellation);
        LatencyTable.Write(Console.Out, $"{name}, window", latencies);
        summaries.AddRange(latencies.TakeLast(1));
        return exitCode;
    }

    private static List<Arrivals> Kinds(string[] words) => words.Length == 0
        ? [.. Enum.GetValues<Arrivals>()]
        : [.. words.SelectMany(word => word.Split(',')).Select(word => Enum.TryParse<Arrivals>(word, ignoreCase: true, out var kind) && Enum.IsDefined(kind)
            ? kind
            : throw new UsageException($"'{word}' is no kind of arrivals: choose poisson, mmpp or uniform.")).Distinct()];
}
