using System.Diagnostics;
using System.Globalization;
using CrashStreams.Drain;
using CrashStreams.Kafka;
using CrashStreams.Suite.Brokers;
using CrashStreams.Suite.Results;

namespace CrashStreams.Suite.Reporting;

/// <summary>A drain of the crash monitor on RocksDB under <c>perf</c>, as a flame graph.</summary>
internal static class ProfileRun
{
    private const string Topic = "logs";
    private const int Partitions = 12, SamplesPerSecond = 997;

    public static async Task RunAsync(Arguments arguments)
    {
        var options = BrokerOptions.Parse(arguments, "kafka");
        var (clients, records, svg) = (arguments.Text("clients", "CrashStreams.Drain"), arguments.Number("records", 3_000_000), arguments.Text("svg", "profile.svg"));
        arguments.CheckAllUsed();
        var run = RunInfo.Now("./build.sh bench profile");
        using var broker = await options.StartAsync();
        await Loading.RunAsync(new KafkaLogClients(new KafkaOptions { BootstrapServers = broker.Bootstrap }), Topic, Partitions, records);
        string[] drain = [clients, "monitor", broker.Bootstrap, Topic, $"{records}", "1", "AtLeastOnce"];
        // The first drain warms the broker up.
        await OutputAsync(drain[0], [.. drain[1..], $"profile-{Guid.NewGuid():N}", "rocksdb"]);
        var samples = Path.GetTempFileName();
        try
        {
            await OutputAsync("perf", ["record", "-F", $"{SamplesPerSecond}", "-g", "-o", samples, "--", .. drain, $"profile-{Guid.NewGuid():N}", "rocksdb"]);
            var script = await OutputAsync("perf", ["script", "-F", "comm,ip,sym", "-i", samples]);
            var graph = FlameGraph.Read(script.Split('\n'));
            File.WriteAllText(svg, graph.Svg(string.Create(CultureInfo.InvariantCulture, $"drain of {records:N0} lines, at-least-once, RocksDB, {options.Kind}, {run.Commit}, {run.Date:yyyy-MM-dd}")));
            Console.WriteLine(svg);
            foreach (var (name, share) in graph.Heaviest(40))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share,6:P1} {name}"));
        }
        finally
        {
            File.Delete(samples);
        }
    }

    private static async Task<string> OutputAsync(string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed with exit code {process.ExitCode}: {await errors}");
    }
}
