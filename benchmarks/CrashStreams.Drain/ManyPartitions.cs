using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>
/// What very many partitions cost while hardly anything comes: a count per key in windows behind a shuffle that is as wide as its input, in one process, with a few records a second from another, or none.
/// </summary>
internal static class ManyPartitions
{
    private const string Shuffle = "by-user";
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync(ILogClients clients, string bootstrap, int partitions, int rate, int seconds)
    {
        var name = $"partitions-{Guid.NewGuid():N}";
        using var admin = clients.CreateAdmin(name);
        var input = $"{name}-in";
        await admin.CreateTopicsAsync([new(input, partitions, new Dictionary<string, string>())], default);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(input)
            .GroupBy(static (_, user) => user, new() { Name = Shuffle })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)))
            .Count("counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream()
            .ForEach(static (_, _) => { });
        await using var application = new StreamsApplication(builder.Build(), new StreamsOptions { ApplicationId = name }, clients);
        await application.StartAsync();
        using var load = rate == 0 ? null : Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["trickle", bootstrap, input, $"{rate}", $"{seconds + 120}"]))!;
        while (application.ProcessedRecords < rate)
            await Task.Delay(_glance, TimeProvider.System);
        await Task.Delay(_settling, TimeProvider.System);

        var shuffle = Enumerable.Range(0, partitions).Select(p => new TopicPartition($"{name}-{Shuffle}-repartition", p)).ToList();
        var process = Process.GetCurrentProcess();
        var (ends, processor, start) = (await EndsAsync(admin, shuffle), process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        process.Refresh();
        var (used, took) = ((process.TotalProcessorTime - processor).TotalSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
        var markers = ((await EndsAsync(admin, shuffle) - ends) / took) - rate;
        load?.Kill();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{partitions} partitions, {rate} records/s: {used / took:P1} of a core, {process.WorkingSet64 >> 20} MB ({process.PeakWorkingSet64 >> 20} MB peak, {GC.GetGCMemoryInfo().TotalCommittedBytes >> 20} MB of them managed), {markers:0} records/s besides the data"));
        await application.StopAsync();
    }

    /// <summary>So many records a second of a hundred users, in turn to each partition.</summary>
    public static void Trickle(ILogClients clients, string topic, int rate, int seconds)
    {
        using var producer = clients.CreateProducer("trickle", null);
        var partitions = producer.PartitionCount(topic);
        for (var i = 0; i < rate * seconds; i++)
        {
            producer.Send(topic, i % partitions, new LogRecord { Value = Encoding.UTF8.GetBytes($"user_{i % 100}"), HasValue = true, Timestamp = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() });
            Thread.Sleep(1_000 / rate);
        }

        producer.Flush();
    }

    private static async Task<long> EndsAsync(ILogAdmin admin, List<TopicPartition> partitions) => (await admin.OffsetsAsync(partitions, default)).Values.Sum(static o => o.End);
}
