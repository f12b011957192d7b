using System.Diagnostics;
using System.Globalization;
using CrashStreams.CrashMonitor;
using CrashStreams.Kafka;

namespace CrashStreams.Drain;

/// <summary>The crash monitor's drain under both guarantees, and with two instances under exactly-once, in turn on one Apache Kafka: what transactions cost.</summary>
internal static class Guarantees
{
    private const string Topic = "logs";
    private const int Partitions = 12;
    private const int WarmUps = 1;

    public static async Task RunAsync(string kafkaHome, long records, int rounds)
    {
        Console.WriteLine("Starting Apache Kafka");
        using var kafka = new ApacheKafka(kafkaHome);
        Console.WriteLine($"Loading {records:N0} lines into {Partitions} partitions");
        await Loading.RunAsync(new KafkaLogClients(new KafkaOptions { BootstrapServers = kafka.Bootstrap }), Topic, Partitions, records);
        (string What, ProcessingGuarantee Guarantee, int Instances)[] runs =
            [("at-least-once", ProcessingGuarantee.AtLeastOnce, 1), ("exactly-once", ProcessingGuarantee.ExactlyOnce, 1), ("exactly-once, two instances", ProcessingGuarantee.ExactlyOnce, 2)];
        var seconds = runs.ToDictionary(static r => r.What, static _ => new List<double>());
        var processor = runs.ToDictionary(static r => r.What, static _ => new List<double>());
        for (var round = 1 - WarmUps; round <= rounds; round++)
        {
            foreach (var (what, guarantee, instances) in runs)
            {
                var outcomes = await DrainAsync(kafka.Bootstrap, records, guarantee, instances);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round}/{rounds} {what}: {outcomes.Max(static o => o.Seconds):0.00} s, {outcomes.Sum(static o => o.ProcessorSeconds):0.0} CPU s"));
                if (round < 1)
                    continue;
                seconds[what].Add(outcomes.Max(static o => o.Seconds));
                processor[what].Add(outcomes.Sum(static o => o.ProcessorSeconds));
            }
        }

        var yardstick = Median(seconds[runs[0].What]);
        Console.WriteLine($"\n| {records / 1e6:0.#} M lines, median of {rounds} | s (lowest-highest) | of the rate of at-least-once | CPU s |\n|---|---|---|---|");
        foreach (var (what, _, _) in runs)
        {
            var of = seconds[what];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {Median(of):0.00} ({of.Min():0.00}-{of.Max():0.00}) | {yardstick / Median(of):P0} | {Median(processor[what]):0.0} |"));
        }
    }

    private static async Task<List<Outcome>> DrainAsync(string bootstrap, long records, ProcessingGuarantee guarantee, int instances)
    {
        var application = $"drain-{Guid.NewGuid():N}";
        string[] arguments = ["monitor", bootstrap, Topic, $"{records}", "1", $"{guarantee}", application];
        var processes = Enumerable.Range(0, instances).Select(_ => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!).ToList();
        var outcomes = new List<Outcome>();
        foreach (var output in await Task.WhenAll(processes.ConvertAll(static p => p.StandardOutput.ReadToEndAsync())))
        {
            foreach (var line in output.Split('\n').Where(static l => l.StartsWith("waits ", StringComparison.Ordinal) || l.StartsWith("log ", StringComparison.Ordinal)))
                Console.WriteLine($"  {line}");
            outcomes.AddRange(output.Split('\n').Select(Outcome.TryRead).OfType<Outcome>());
        }

        foreach (var process in processes)
        {
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"The client '{string.Join(' ', arguments)}' failed with exit code {process.ExitCode}.");
            process.Dispose();
        }

        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap });
        using var admin = clients.CreateAdmin("drain");
        await admin.DeleteTopicsAsync([.. CrashTopology.OwnTopics(application), Monitoring.AlertTopic(Topic, application)], default);
        return outcomes;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);
}
