using CrashStreams.Log;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Load;

/// <summary>Sends events when they are due.</summary>
/// <param name="clients">The log.</param>
/// <param name="speed">Seconds of the events' time per second; 0: as fast as possible.</param>
internal sealed class PacedSender(ILogClients clients, double speed)
{
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Dictionary<string, (int Partitions, int Next)> _topics = [];

    /// <summary>Sends them in their order and waits until all are acknowledged. Answers how many there were.</summary>
    /// <exception cref="LogException">A topic is missing.</exception>
    public async Task<long> SendAsync(IEnumerable<GeneratedEvent> events, IReadOnlyCollection<string> topics, string hint, Action<long>? progress, CancellationToken cancellation)
    {
        await FindTopicsAsync(topics, hint, cancellation);
        using var producer = clients.CreateProducer("load", transactionalId: null);
        var (began, sent) = (_time.GetTimestamp(), 0L);
        foreach (var next in events)
        {
            if (cancellation.IsCancellationRequested)
                break;
            while (speed > 0 && (TimeSpan.FromMilliseconds(next.DueMs / speed) - _time.GetElapsedTime(began)) is var ahead && ahead > TimeSpan.Zero && !cancellation.IsCancellationRequested)
                await Task.Delay(ahead < _step ? _step : ahead, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Send(producer, in next);
            if (++sent % ReportEvery == 0)
                progress?.Invoke(sent);
        }

        producer.Flush();
        progress?.Invoke(sent);
        return sent;
    }

    private const int ReportEvery = 256;

    private async Task FindTopicsAsync(IReadOnlyCollection<string> topics, string hint, CancellationToken cancellation)
    {
        using var admin = clients.CreateAdmin("load");
        var counts = await admin.PartitionCountsAsync(topics, cancellation);
        foreach (var topic in topics)
            _topics[topic] = counts.TryGetValue(topic, out var partitions) ? (partitions, 0) : throw new LogException($"there is no topic '{topic}'. Create it with: {hint}");
    }

    private void Send(ILogProducer producer, in GeneratedEvent generated)
    {
        var (partitions, next) = _topics[generated.Topic];
        var partition = generated.Key is { } key ? Murmur2.Partition(key, partitions) : next;
        _topics[generated.Topic] = (partitions, (next + 1) % partitions);
        producer.Send(generated.Topic, partition, new LogRecord
        {
            Key = generated.Key, HasKey = generated.Key is not null, Value = generated.Value, HasValue = generated.Value is not null, Timestamp = -1,
        });
    }
}
