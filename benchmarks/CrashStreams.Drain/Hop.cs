using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>
/// How long a record takes through an application of one operator, with default settings, while records come at a steady rate: from when it is to be sent to the input topic until it is read
/// from the output topic, so with both ways through the broker.
/// </summary>
internal static class Hop
{
    private const int Partitions = 4;
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string bootstrap, ProcessingGuarantee guarantee, int seconds, int perSecond)
    {
        var name = $"hop-{Guid.NewGuid():N}";
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap });
        using var admin = clients.CreateAdmin("hop");
        var none = new Dictionary<string, string>();
        await admin.CreateTopicsAsync([new($"{name}-in", Partitions, none), new($"{name}-out", Partitions, none)], default);
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>($"{name}-in").MapValues(static sent => sent).To($"{name}-out");
        var times = new List<double>(perSecond * seconds);
        await using (var application = new StreamsApplication(builder.Build(), new() { ApplicationId = name, Delivery = { Guarantee = guarantee } }, clients))
        {
            await application.StartAsync();
            using var results = clients.CreateRestoreConsumer("hop", readCommitted: true);
            results.Assign(Enumerable.Range(0, Partitions).ToDictionary(p => new TopicPartition($"{name}-out", p), static _ => 0L));
            // Its own waits are no part of the hop.
            using var producer = new KafkaLogClients(new KafkaOptions { BootstrapServers = bootstrap, Linger = TimeSpan.Zero }).CreateProducer("hop", null);
            var total = perSecond * (seconds + (int)_warmUp.TotalSeconds);
            var loading = Task.Factory.StartNew(() => Load(producer, $"{name}-in", total, perSecond), TaskCreationOptions.LongRunning);
            for (var count = 0; count < total;)
            {
                var batch = results.Poll(TimeSpan.FromMilliseconds(100));
                var now = Stopwatch.GetTimestamp();
                for (var i = 0; i < batch.Count; i++, count++)
                {
                    if (count >= total - (perSecond * seconds))
                        times.Add(Stopwatch.GetElapsedTime(Serdes.Int64.Deserialize(batch[i].Value), now).TotalMilliseconds);
                }
            }

            await loading;
            await application.StopAsync();
        }

        await admin.DeleteTopicsAsync([$"{name}-in", $"{name}-out"], default);
        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{guarantee}, {perSecond}/s for {seconds} s: p50 {times[times.Count / 2]:0.0} ms, p90 {times[times.Count * 90 / 100]:0.0} ms, p99 {times[times.Count * 99 / 100]:0.0} ms, longest {times[^1]:0} ms"));
    }

    // A record that the loop was late for because a send took long keeps the time at which it was due; what only the sleep was late for does not count.
    private static void Load(ILogProducer producer, string topic, int total, int perSecond)
    {
        var value = new byte[sizeof(long)];
        var (start, woke) = (Stopwatch.GetTimestamp(), 0L);
        for (var i = 0; i < total; i++)
        {
            var due = start + (i * Stopwatch.Frequency / perSecond);
            while (due > Stopwatch.GetTimestamp())
            {
                Thread.Sleep(1);
                woke = Stopwatch.GetTimestamp();
            }

            BinaryPrimitives.WriteInt64BigEndian(value, Math.Max(due, woke));
            producer.Send(topic, i % Partitions, new LogRecord { Value = value, HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        producer.Flush();
    }
}
