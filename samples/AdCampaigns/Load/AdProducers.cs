using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Samples.AdCampaigns.Load;

/// <summary>Producers that send side by side, each with its own client and its own random times.</summary>
internal sealed class AdProducers(ILogClients clients, CampaignLoad load)
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>Writes the table of ads.</summary>
    /// <exception cref="LogException">The topic is missing.</exception>
    public async Task SendAdsAsync(string topic, CancellationToken cancellation)
    {
        var partitions = await PartitionsAsync(topic, cancellation);
        using var producer = clients.CreateProducer("ads", transactionalId: null);
        foreach (var (ad, campaign) in AdGenerator.AdTable(load.Seed))
        {
            var key = Encoding.UTF8.GetBytes(ad);
            producer.Send(topic, Murmur2.Partition(key, partitions), new LogRecord { Key = key, HasKey = true, Value = Encoding.UTF8.GetBytes(campaign), HasValue = true, Timestamp = -1 });
        }

        producer.Flush();
    }

    /// <summary>Sends all events. Answers how many there were.</summary>
    /// <exception cref="LogException">The topic is missing.</exception>
    public async Task<long> SendEventsAsync(string topic, IProgress<long>? progress, CancellationToken cancellation)
    {
        var partitions = await PartitionsAsync(topic, cancellation);
        var sent = 0L;
        var producers = Enumerable.Range(0, load.Producers).Select(number => Task.Run(() => SendAsync(number, topic, partitions, () => progress?.Report(Interlocked.Increment(ref sent)), cancellation), CancellationToken.None));
        await Task.WhenAll(producers);
        return sent;
    }

    private async Task SendAsync(int number, string topic, int partitions, Action onSent, CancellationToken cancellation)
    {
        using var producer = clients.CreateProducer($"producer-{number}", transactionalId: null);
        var generator = new AdGenerator(load, number);
        var (began, partition) = (_time.GetTimestamp(), number);
        foreach (var due in generator.Times())
        {
            while ((TimeSpan.FromMilliseconds(due) - _time.GetElapsedTime(began)) is var ahead && ahead > TimeSpan.Zero && !cancellation.IsCancellationRequested)
                await Task.Delay(ahead < _step ? _step : ahead, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellation.IsCancellationRequested)
                break;
            // With a start of its own the load is a function of the seed; else an event happens when it is sent.
            var time = load.Start + TimeSpan.FromMilliseconds(due) ?? _time.GetUtcNow();
            producer.Send(topic, partition++ % partitions, new LogRecord { Value = generator.Next(time), HasValue = true, Timestamp = -1 });
            onSent();
        }

        producer.Flush();
    }

    private async Task<int> PartitionsAsync(string topic, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("load");
        return (await admin.PartitionCountsAsync([topic], cancellation)).TryGetValue(topic, out var partitions)
            ? partitions
            : throw new LogException($"there is no topic '{topic}'. Create it with: ad-campaigns topics create");
    }
}
