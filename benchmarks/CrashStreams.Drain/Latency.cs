using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;

namespace CrashStreams.Drain;

/// <summary>
/// How long an alert takes, from when the lines that close its window are acknowledged in every partition until it can be read, with either clock. What
/// the Watermarks clock adds is to stay under a marker interval and one commit.
/// </summary>
internal static class Latency
{
    private const int Partitions = 12;
    private const int ClosingUsers = 60;
    private const long WindowMs = 1_000;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(ILogClients clients, int rounds)
    {
        Console.WriteLine($"Milliseconds from the closing lines to the alert, {rounds} windows each: median (95 %)");
        Console.WriteLine("| guarantee | Observed | Watermarks |");
        Console.WriteLine("|---|---|---|");
        foreach (var guarantee in new[] { ProcessingGuarantee.AtLeastOnce, ProcessingGuarantee.ExactlyOnce })
        {
            var observed = await MeasureAsync(clients, guarantee, StreamTime.Observed, rounds);
            var watermarks = await MeasureAsync(clients, guarantee, StreamTime.Watermarks, rounds);
            Console.WriteLine($"| {guarantee} | {Text(observed)} | {Text(watermarks)} |");
        }
    }

    private static async Task<List<double>> MeasureAsync(ILogClients clients, ProcessingGuarantee guarantee, StreamTime clock, int rounds)
    {
        var name = $"latency-{Guid.NewGuid():N}";
        var options = new CrashMonitorOptions
        {
            ApplicationId = name, InputTopic = $"{name}-logs", AlertTopic = $"{name}-alerts", TimestampUnit = TimestampUnit.EpochMilliseconds,
            Window = TimeSpan.FromMilliseconds(WindowMs), Grace = TimeSpan.Zero,
        };
        var streams = options.ToStreamsOptions();
        (streams.Delivery.Guarantee, streams.Time.Clock) = (guarantee, clock);
        using var admin = clients.CreateAdmin("latency");
        var keep = new Dictionary<string, string> { ["retention.ms"] = "-1" };
        await admin.CreateTopicsAsync([new(options.InputTopic, Partitions, keep), new(options.AlertTopic, 1, keep)], default);
        var times = new List<double>();
        await using (var application = new StreamsApplication(CrashTopology.Build(options), streams, clients))
        {
            await application.StartAsync();
            using var producer = clients.CreateProducer("latency", null);
            using var alerts = clients.CreateRestoreConsumer("latency", readCommitted: true);
            alerts.Assign(new Dictionary<TopicPartition, long> { [new(options.AlertTopic, 0)] = 0 });
            var random = new Random(1);
            var timeMs = 1_768_142_570_000;
            // By the Observed clock, lines of a partition that is assigned later than another one would be late.
            for (var partition = 0; partition < Partitions; partition++)
                Send(producer, options.InputTopic, partition, "first", timeMs - WindowMs);
            producer.Flush();
            while (application.ProcessedRecords < 2 * Partitions)
                alerts.Poll(TimeSpan.FromMilliseconds(20));
            // The first rounds start everything up.
            for (var round = -5; round < rounds; round++, timeMs += 2 * WindowMs)
            {
                for (var i = 0; i < 3; i++)
                    Send(producer, options.InputTopic, random.Next(Partitions), $"user_{round}", timeMs);
                producer.Flush();
                // So that the closing lines come after them by the Observed clock too, and at any moment between two markers.
                alerts.Poll(TimeSpan.FromMilliseconds(random.Next(300, 500)));
                for (var i = 0; i < ClosingUsers; i++)
                    Send(producer, options.InputTopic, i % Partitions, $"closing_{i}", timeMs + WindowMs);
                producer.Flush();
                var milliseconds = Await(alerts, $"user_{round}");
                if (round >= 0)
                    times.Add(milliseconds);
            }

            await application.StopAsync();
        }

        await admin.DeleteTopicsAsync([options.InputTopic, options.AlertTopic, .. CrashTopology.OwnTopics(name)], default);
        return times;
    }

    private static double Await(ILogConsumer alerts, string user)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < _patience)
        {
            var batch = alerts.Poll(TimeSpan.FromMilliseconds(20));
            for (var i = 0; i < batch.Count; i++)
            {
                if (CrashAlertSerde.Instance.Deserialize(batch[i].Value).UserId == user)
                    return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        throw new TimeoutException($"No alert of {user} within {_patience}.");
    }

    private static void Send(ILogProducer producer, string topic, int partition, string user, long timeMs) => producer.Send(topic, partition, new LogRecord
    {
        Value = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"timestamp":{{timeMs}},"severity":"High","user_id":"{{user}}","content":"crash"}""")),
        HasValue = true,
        Timestamp = timeMs,
    });

    private static string Text(List<double> times)
    {
        var sorted = times.Order().ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Count / 2]:0} ({sorted[sorted.Count * 95 / 100]:0})");
    }
}
