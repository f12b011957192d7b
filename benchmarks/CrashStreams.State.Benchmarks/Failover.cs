using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.State;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// One of two instances falls silent: how long until what it had done comes out of the other one. Its consumer is a static member that goes without leaving, so the group waits
/// for its session to end as after a crash. From there: a restore of its stores, or, with a standby, of their tails.
/// </summary>
/// <param name="Resumed">From the last sign of life until a record of each lost partition has come out.</param>
/// <param name="Restored">Records that the survivor restored in that time.</param>
internal sealed record Failover(TimeSpan Resumed, long Restored)
{
    private const int Partitions = 4;

    public static async Task<Failover> MeasureAsync(
        string bootstrapServers, int keys, bool hasStandby, ProcessingGuarantee guarantee, Func<string, IStateStorage?> newState, TimeSpan patience)
    {
        var name = $"failover-{Guid.NewGuid():N}";
        var kafka = new KafkaOptions { BootstrapServers = bootstrapServers };
        var clients = new KafkaLogClients(kafka);
        using var admin = clients.CreateAdmin("failover-admin");
        await admin.CreateTopicsAsync([new($"{name}-in", Partitions, new Dictionary<string, string>()), new($"{name}-out", 1, new Dictionary<string, string>())], CancellationToken.None);
        using var producer = clients.CreateProducer("failover-producer", null);
        Load(producer, $"{name}-in", keys);

        var restored = 0L;
        StreamsApplication New(string instance, IStateStorage? state) => new(Build(name), new()
        {
            ApplicationId = name, Guarantee = guarantee, StandbyReplicas = hasStandby ? 1 : 0, State = state,
            OnRestore = r => Interlocked.Add(ref restored, r.IsComplete ? r.Records : 0),
        }, new KafkaLogClients(kafka with { GroupInstanceId = $"{name}-{instance}" }));
        using var stateOfLost = newState("lost");
        using var stateOfSurvivor = newState("survivor");
        await using var lost = New("lost", stateOfLost);
        await using var survivor = New("survivor", stateOfSurvivor);
        await lost.StartAsync();
        await survivor.StartAsync();
        await lost.CaughtUpAsync();
        await Until(() => Tasks(lost).Count > 0 && Tasks(survivor).Count > 0 && Tasks(lost).Count + Tasks(survivor).Count == Partitions, patience);
        if (hasStandby)
            await Until(() => survivor.Threads.Single().StandbysAreComplete(Tasks(lost).Count), patience);
        var partitions = Tasks(lost);
        var output = new TopicPartition($"{name}-out", 0);
        using var reader = clients.CreateRestoreConsumer("failover-reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [output] = (await admin.OffsetsAsync([output], CancellationToken.None))[output].End });

        Interlocked.Exchange(ref restored, 0);
        await lost.StopAsync();
        var clock = Stopwatch.StartNew();
        foreach (var partition in partitions)
            Send(producer, $"{name}-in", partition, $"probe-{partition}");
        producer.Flush();
        var awaited = partitions.Select(static p => $"probe-{p}").ToHashSet();
        while (awaited.Count > 0)
        {
            if (clock.Elapsed > patience)
                throw new TimeoutException($"No output of {string.Join(", ", awaited)} after {patience}.");
            var batch = reader.Poll(TimeSpan.FromMilliseconds(20));
            for (var i = 0; i < batch.Count; i++)
                awaited.Remove(Encoding.UTF8.GetString(batch[i].Key));
        }

        return new(clock.Elapsed, Interlocked.Read(ref restored));
    }

    private static List<int> Tasks(StreamsApplication application) => application.Threads.SelectMany(t => t.Tasks).Select(t => t.Id.Partition).ToList();

    private static Topology Build(string name)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>($"{name}-in").GroupByKey().Count("counts").ToStream().To($"{name}-out");
        return builder.Build();
    }

    private static void Load(ILogProducer producer, string topic, int keys)
    {
        for (var i = 0; i < keys; i++)
            Send(producer, topic, i % Partitions, string.Create(CultureInfo.InvariantCulture, $"user-{i:00000000}"));
        producer.Flush();
    }

    private static void Send(ILogProducer producer, string topic, int partition, string key) => producer.Send(topic, partition, new LogRecord
    {
        Key = Encoding.UTF8.GetBytes(key), HasKey = true, Value = "x"u8, HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
    });

    private static async Task Until(Func<bool> condition, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > patience)
                throw new TimeoutException($"The instances were not ready after {patience}.");
            await Task.Yield();
        }
    }
}
