using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// One of two instances, each a process of its own, is killed (kill -9) under load: how long until what it had done comes out of the other one. The group waits for its session
/// to end; then its stores are restored, or, with a standby, their tails.
/// </summary>
/// <param name="Resumed">From the kill until a record of each of its partitions has come out.</param>
/// <param name="Restored">Records that the survivor restored in that time.</param>
/// <param name="Log">What the survivor has logged.</param>
internal sealed record Failover(TimeSpan Resumed, long Restored, string Log)
{
    private const int Partitions = FailoverInstance.Partitions;

    // One record per partition: so often that a transaction is open at any moment.
    private static readonly TimeSpan _load = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(20);

    /// <param name="BootstrapServers">The broker.</param>
    /// <param name="Keys">Keys in the store, over all partitions.</param>
    /// <param name="HasStandby">Whether the instances keep warm copies.</param>
    /// <param name="Guarantee">The application's guarantee.</param>
    /// <param name="TransactionSeconds">The transaction timeout.</param>
    /// <param name="Directory">Where the instances keep their state; null: in memory.</param>
    /// <param name="Patience">How long anything may take.</param>
    public sealed record Case(string BootstrapServers, int Keys, bool HasStandby, ProcessingGuarantee Guarantee, int TransactionSeconds, string? Directory, TimeSpan Patience);

    public static async Task<Failover> MeasureAsync(Case what)
    {
        var name = $"failover-{Guid.NewGuid():N}";
        var (input, output) = (FailoverInstance.Input(name), new TopicPartition(FailoverInstance.Output(name), 0));
        var clients = new KafkaLogClients(new KafkaOptions { BootstrapServers = what.BootstrapServers });
        using var admin = clients.CreateAdmin("failover-admin");
        await admin.CreateTopicsAsync([new(input, Partitions, new Dictionary<string, string>()), new(output.Topic, 1, new Dictionary<string, string>())], CancellationToken.None);
        using var producer = clients.CreateProducer("failover-producer", null);
        for (var i = 0; i < what.Keys; i++)
            Send(producer, input, i % Partitions, string.Create(CultureInfo.InvariantCulture, $"user-{i:00000000}"));
        producer.Flush();

        FailoverProcess Start(string instance) => new(
            $"bootstrap={what.BootstrapServers}", $"application={name}", $"guarantee={what.Guarantee}", $"standbys={(what.HasStandby ? 1 : 0)}",
            $"transaction={what.TransactionSeconds}", $"state={(what.Directory is null ? "" : Path.Combine(what.Directory, instance))}");
        using var lost = Start("lost");
        // So that the survivor has nothing of what it will be given.
        await Until(() => lost.Told.Tasks.Count == Partitions, what.Patience);
        using var survivor = Start("survivor");
        await Until(
            () => lost.Told is { Tasks.Count: > 0 } mine && survivor.Told is { Tasks.Count: > 0 } others && mine.Tasks.Count + others.Tasks.Count == Partitions
                && (!what.HasStandby || others.Warm == mine.Tasks.Count), what.Patience);
        // All keys are in the changelogs: a record's output may come out before the changelog records of others that were flushed with it.
        using var group = clients.CreateConsumer("failover-group", name, readCommitted: true);
        var inputs = Enumerable.Range(0, Partitions).Select(p => new TopicPartition(input, p)).ToList();
        var sent = await admin.OffsetsAsync(inputs, CancellationToken.None);
        await Until(() => group.Committed(inputs) is var committed && inputs.All(p => committed.TryGetValue(p, out var at) && at.Offset >= sent[p].End), what.Patience);
        using var loading = new CancellationTokenSource();
        var load = Task.Run(() => LoadAsync(clients, input, loading.Token));
        using var reader = clients.CreateRestoreConsumer("failover-reader", readCommitted: true);
        reader.Assign(new Dictionary<TopicPartition, long> { [output] = (await admin.OffsetsAsync([output], CancellationToken.None))[output].End });
        // Everything before is processed when the load comes out everywhere.
        ReadUntil(reader, Enumerable.Range(0, Partitions).Select(static p => $"load-{p}"), what.Patience);

        var partitions = lost.Told.Tasks;
        var before = survivor.Told.Restored;
        lost.Kill();
        var clock = Stopwatch.StartNew();
        foreach (var partition in partitions)
            Send(producer, input, partition, $"probe-{partition}");
        producer.Flush();
        ReadUntil(reader, partitions.Select(static p => $"probe-{p}"), what.Patience);
        var resumed = clock.Elapsed;
        await Until(() => survivor.Told.Tasks.Count == Partitions, what.Patience);
        await loading.CancelAsync();
        await load;
        return new(resumed, survivor.Told.Restored - before, survivor.LogText);
    }

    private static void ReadUntil(ILogConsumer reader, IEnumerable<string> keys, TimeSpan patience)
    {
        var awaited = keys.ToHashSet();
        for (var clock = Stopwatch.StartNew(); awaited.Count > 0;)
        {
            if (clock.Elapsed > patience)
                throw new TimeoutException($"No output of {string.Join(", ", awaited)} after {patience}.");
            var batch = reader.Poll(_look);
            for (var i = 0; i < batch.Count; i++)
                awaited.Remove(Encoding.UTF8.GetString(batch[i].Key));
        }
    }

    private static async Task LoadAsync(KafkaLogClients clients, string topic, CancellationToken end)
    {
        using var producer = clients.CreateProducer("failover-load", null);
        while (!end.IsCancellationRequested)
        {
            for (var partition = 0; partition < Partitions; partition++)
                Send(producer, topic, partition, $"load-{partition}");
            await Task.Delay(_load, TimeProvider.System, CancellationToken.None);
        }

        producer.Flush();
    }

    private static void Send(ILogProducer producer, string topic, int partition, string key) => producer.Send(topic, partition, new LogRecord
    {
        Key = Encoding.UTF8.GetBytes(key), HasKey = true, Value = "x"u8, HasValue = true, Timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
    });

    private static async Task Until(Func<bool> condition, TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(_look, TimeProvider.System))
        {
            if (clock.Elapsed > patience)
                throw new TimeoutException($"The instances were not ready after {patience}.");
        }
    }
}
