using System.Diagnostics;
using System.Globalization;
using CrashStreams.Kafka;

namespace CrashStreams.Drain;

/// <summary>
/// The crash monitor against a bare batch consume that only counts: the same preloaded topic, one after the other in turn, each in a client
/// process of its own, beside the broker on the same machine. Kafka's own Java consumer is a yardstick: processor seconds mean something only beside what
/// others take on the same cores.
/// </summary>
internal static class Comparison
{
    private const string Topic = "logs";
    private const int Partitions = 12;
    private const long Records = 3_000_000;
    private const int Rounds = 5;

    // A broker that has just started still compiles what it does: its processor time would be counted against whoever comes first.
    private const int WarmUps = 3;

    // CPU seconds per million: what the monitor may take on a machine on which the Java consumer takes so many.
    private const double Target = 2, JavaWhereTargetWasSet = 0.9;

    public static async Task RunAsync(string kafkaHome, string resultFile)
    {
        Console.WriteLine("Starting Apache Kafka");
        using var kafka = new ApacheKafka(kafkaHome);
        Console.WriteLine($"Loading {Records:N0} lines into {Partitions} partitions");
        await Loading.RunAsync(new KafkaLogClients(new KafkaOptions { BootstrapServers = kafka.Bootstrap }), Topic, Partitions, Records);

        var (bare, monitor, java) = (new List<Outcome>(), new List<Outcome>(), new List<Outcome>());
        for (var round = 1 - WarmUps; round <= Rounds; round++)
        {
            var what = round < 1 ? "warm-up" : $"{round}/{Rounds}";
            var (drained, monitored) = (Client($"{what} bare consume ", "drain", kafka.Bootstrap, Topic), Client($"{what} crash monitor", "monitor", kafka.Bootstrap, Topic, $"{Records}"));
            if (round < 1)
                continue;
            bare.Add(drained);
            monitor.Add(monitored);
            java.Add(Client($"{what} Java consumer ", "java", kafka.Bootstrap, Topic, $"{Records}", kafkaHome));
        }

        var table = Table(bare, monitor, java);
        Console.WriteLine();
        Console.WriteLine(table);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(resultFile))!);
        await File.WriteAllTextAsync(resultFile, table);
    }

    private static Outcome Client(string what, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        var outcome = process.StandardOutput.ReadToEnd().Split('\n').Select(Outcome.TryRead).FirstOrDefault(o => o is not null);
        process.WaitForExit();
        if (process.ExitCode != 0 || outcome is null)
            throw new InvalidOperationException($"The client '{string.Join(' ', arguments)}' failed with exit code {process.ExitCode}.");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {outcome.MillionsPerSecond:0.00} M records/s, {outcome.ProcessorSecondsPerMillion:0.00} CPU s per million, {outcome.PeakMegabytes:0} MB"));
        return outcome;
    }

    private static string Table(IReadOnlyList<Outcome> bare, IReadOnlyList<Outcome> monitor, IReadOnlyList<Outcome> java)
    {
        var ratio = Median(monitor, o => o.MillionsPerSecond) / Median(bare, o => o.MillionsPerSecond);
        var used = Median(monitor, o => o.ProcessorSecondsPerMillion);
        var yardstick = Median(java, o => o.ProcessorSecondsPerMillion);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Drain of {Records / 1e6:0} M preloaded lines, 25 % severe crashes, {Partitions} partitions, Apache Kafka on the same machine ({Environment.ProcessorCount} cores): median of {Rounds} (lowest-highest) after {WarmUps} rounds that warm the broker up

            | client | M records/s | CPU s per million | peak MB | before the first record, s |
            |---|---|---|---|---|
            {Row("bare batch consume", bare)}
            {Row("crash monitor", monitor)}
            {Row("Kafka's Java consumer", java)}

            Ratio: {ratio:P0} of the bare consume (target: at least 40 %); targets of the monitor: at most {Target:0} CPU s per million, less than 300 MB.
            By the yardstick: {used / yardstick:0.0} times the processor time of Kafka's Java consumer; {Target:0} CPU s are {Target / JavaWhereTargetWasSet:0.0} times the {JavaWhereTargetWasSet:0.0} that it took where the target was set.

            """);
    }

    private static string Row(string client, IReadOnlyList<Outcome> outcomes) =>
        $"| {client} | {Cell(outcomes, o => o.MillionsPerSecond, "0.00")} | {Cell(outcomes, o => o.ProcessorSecondsPerMillion, "0.00")} | {Cell(outcomes, o => o.PeakMegabytes, "0")} | {Cell(outcomes, o => o.JoiningSeconds, "0.00")} |";

    private static string Cell(IReadOnlyList<Outcome> outcomes, Func<Outcome, double> figure, string format)
    {
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return $"{Text(Median(outcomes, figure))} ({Text(outcomes.Min(figure))}-{Text(outcomes.Max(figure))})";
    }

    private static double Median(IReadOnlyList<Outcome> outcomes, Func<Outcome, double> figure) => outcomes.Select(figure).Order().ElementAt(outcomes.Count / 2);
}
