using System.Diagnostics;
using System.Globalization;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Suite.Results;
using HdrHistogram;

namespace CrashStreams.Suite.Latency;

/// <summary>
/// How long results take with default settings while records come at a steady rate: from when a record is due to be sent to the input topic until its result is read from the output topic, so
/// with both ways through the broker. Load, application and reader share this process.
/// </summary>
internal sealed class LatencyRun(LatencyOptions options)
{
    private const int WarmUpSeconds = 3;
    private const long LongestMicroseconds = 60_000_000;
    private const int Digits = 3;
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public async Task RunAsync()
    {
        var run = RunInfo.Now(options.Command);
        using var broker = await options.Broker.StartAsync();
        var results = new List<LatencyResult>();
        Console.WriteLine("| case | guarantee | records/s | results | p50, ms | p90 | p99 | p99.9 | longest |\n|---|---|---|---|---|---|---|---|---|");
        foreach (var measured in LatencyCase.All.Where(c => c.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var perSecond in options.Rates)
            {
                foreach (var guarantee in new[] { ProcessingGuarantee.AtLeastOnce, ProcessingGuarantee.ExactlyOnce })
                {
                    var result = LatencyResult.Of(measured, guarantee, perSecond, await MeasureAsync(measured, guarantee, perSecond, broker.Bootstrap));
                    Console.WriteLine(Row(result));
                    results.Add(result);
                }
            }
        }

        if (options.Json is { } path)
            new ResultFile<LatencyResult>(run, results).Write(path);
    }

    public static string Row(LatencyResult of) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {of.Case} | {of.Guarantee} | {of.PerSecond:N0} | {of.Results:N0} | {of.At(50):0.0} | {of.At(90):0.0} | {of.At(99):0.0} | {of.At(99.9):0.0} | {of.At(100):0} |");

    private async Task<LongHistogram> MeasureAsync(LatencyCase measured, ProcessingGuarantee guarantee, int perSecond, string bootstrap)
    {
        var name = $"latency-{Guid.NewGuid():N}";
        var (input, output) = ($"{name}-in", $"{name}-out");
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap });
        using var admin = clients.CreateAdmin("latency");
        var none = new Dictionary<string, string>();
        await admin.CreateTopicsAsync([new(input, OpenLoop.Partitions, none), new(output, OpenLoop.Partitions, none)], default);
        var load = new OpenLoop(perSecond, perSecond * (options.Seconds + WarmUpSeconds));
        LongHistogram histogram;
        await using (var application = new StreamsApplication(measured.Build(input, output), new() { ApplicationId = name, Delivery = { Guarantee = guarantee } }, clients))
        {
            await application.StartAsync();
            using var results = clients.CreateRestoreConsumer("latency", readCommitted: true);
            results.Assign(Enumerable.Range(0, OpenLoop.Partitions).ToDictionary(p => new TopicPartition(output, p), static _ => 0L));
            // Its own waits are no part of what is measured.
            using var producer = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap, Linger = TimeSpan.Zero }).CreateProducer("latency", null);
            var loading = Task.Factory.StartNew(() => load.Run(producer, input), TaskCreationOptions.LongRunning);
            histogram = Read(measured, load, perSecond, results, loading);
            await loading;
            await application.StopAsync();
        }

        await admin.DeleteTopicsAsync([input, output, .. LatencyCase.OwnTopics(name)], default);
        return histogram;
    }

    /// <summary>Reads every result that there has to be: who stops to wait for the slowest has not measured them.</summary>
    private static LongHistogram Read(LatencyCase measured, OpenLoop load, int perSecond, ILogConsumer results, Task loading)
    {
        var histogram = new LongHistogram(LongestMicroseconds, Digits);
        var (first, count, last) = ((long)perSecond * WarmUpSeconds, 0L, Stopwatch.GetTimestamp());
        while (!loading.IsCompleted || count < measured.ResultsOf(load))
        {
            var batch = results.Poll(_poll);
            var now = Stopwatch.GetTimestamp();
            if (batch.Count > 0)
                last = now;
            else if (Stopwatch.GetElapsedTime(last) > _patience)
                throw new TimeoutException($"{measured.Name}: {count} results, and no other for {_patience}.");
            for (var i = 0; i < batch.Count; i++)
            {
                var awaited = measured.Awaited(batch[i], load);
                // Windows that no record has ended are closed when the inputs are idle: their delay is no measure.
                if (awaited >= load.Total)
                    continue;
                count++;
                if (awaited >= first)
                    histogram.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(load.Due(awaited), now).TotalMicroseconds, 0, LongestMicroseconds));
            }
        }

        return histogram;
    }
}
