using System.Diagnostics;
using CrashStreams.Drain;
using CrashStreams.Kafka;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// An application with a million keys on disk is killed under load (kill -9) and started again on the same disk: what it restores, and how long that takes. The load
/// goes on all the time, on random keys, so that a commit writes about as many entries as records came.
/// </summary>
internal static class Killing
{
    public static async Task RunAsync(string kafkaHome, IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 1_000_000), partitions = arguments.Number("partitions", 4), kills = arguments.Number("kills", 5);
        int rate = arguments.Number("rate", 50_000), seconds = arguments.Number("seconds", 10);
        Console.WriteLine("Starting Apache Kafka");
        using var kafka = new ApacheKafka(kafkaHome);
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = kafka.Bootstrap });
        await Totals.FillAsync(clients, keys, partitions);
        var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
        using var ended = new CancellationTokenSource();
        var load = Task.CompletedTask;
        for (var kill = 0; kill <= kills; kill++)
        {
            var started = Stopwatch.GetTimestamp();
            using var application = new TotalsProcess(kafka.Bootstrap, directory, partitions, goesOn: true);
            var (restored, took, _) = application.UntilRunning();
            Console.WriteLine($"{(kill == 0 ? "first start, no state" : $"after kill {kill}/{kills}     ")}  {restored,9:N0} records restored in {took,5:0.00} s, all tasks run {Stopwatch.GetElapsedTime(started).TotalSeconds,5:0.0} s after the process began");
            if (kill == 0)
                load = Task.Run(() => LoadAsync(clients, keys, partitions, rate, ended.Token));
            await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
            application.Kill();
        }

        await ended.CancelAsync();
        await load;
        Directory.Delete(directory, recursive: true);
    }

    private static async Task LoadAsync(KafkaLogClients clients, int keys, int partitions, int rate, CancellationToken end)
    {
        using var producer = clients.CreateProducer("load", null);
        var entries = new Entries(keys);
        var random = new Random(keys);
        var clock = Stopwatch.StartNew();
        for (var sent = 0L; !end.IsCancellationRequested;)
        {
            for (; sent < clock.Elapsed.TotalSeconds * rate; sent++)
                Totals.Send(producer, Totals.Input, entries, random.Next(keys), partitions);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        producer.Flush();
        Console.WriteLine($"Load: {rate:N0} records/s for {clock.Elapsed.TotalSeconds:0} s");
    }
}
