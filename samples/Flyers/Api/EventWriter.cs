using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CrashStreams.Kafka;
using CrashStreams.Log;
using CrashStreams.Redis;
using CrashStreams.Samples.Flyers.Events;

namespace CrashStreams.Samples.Flyers.Api;

/// <summary>
/// Writes batches to the topic: all of a batch or nothing, in a transaction. Batches that come while one is written share the next. An event goes to the partition of its id, so that two of the same
/// id meet; one without goes to its user's.
/// </summary>
internal sealed class EventWriter : BackgroundService
{
    private const int MaxEvents = 20_000;
    private static readonly Dictionary<TopicPartition, OffsetAndMetadata> _noOffsets = [];
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(1_000);
    private readonly FlyerOptions _options;
    private readonly ILogClients _clients;
    private readonly string _id;
    private volatile string? _fault = "the broker was not reached yet";

    /// <param name="options">The topic, and who this instance is: one that starts again has the same transactional id, and ends what its predecessor has left open.</param>
    /// <param name="clients">Makes the producer.</param>
    public EventWriter(FlyerOptions options, ILogClients clients) =>
        (_options, _clients, _id) = (options, clients, $"{options.ApplicationId}-api-{string.Concat(options.Urls.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-'))}");

    /// <summary>The producer's settings. A request is not to wait for long while the broker is away.</summary>
    public static KafkaOptions Configure(KafkaOptions kafka) => kafka with
    {
        // A commit sends what waits: until then a transaction's events are gathered, so that each partition gets one batch.
        Linger = TimeSpan.FromMilliseconds(50),
        DeliveryTimeout = TimeSpan.FromSeconds(5),
        RequestTimeout = TimeSpan.FromSeconds(2),
    };

    /// <summary>Why nothing can be written; null while it can.</summary>
    public string? Fault => _fault;

    /// <summary>Completes when all events are in the topic.</summary>
    /// <exception cref="UnavailableException">None is.</exception>
    public async Task WriteAsync(IReadOnlyList<FlyerEvent?> events, PendingReplies? replies, CancellationToken cancellation)
    {
        if (_fault is { } fault)
            throw new UnavailableException(fault);
        var batch = new Batch(events, replies, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _batches.Writer.WriteAsync(batch, cancellation);
        await batch.Written.Task.WaitAsync(cancellation);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Factory.StartNew(() => Run(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using var producer = _clients.CreateProducer(_id, _id);
                producer.InitTransactions();
                _fault = null;
                while (_batches.Reader.WaitToReadAsync(stopping).AsTask().GetAwaiter().GetResult())
                    Write(producer, Take());
            }
            catch (LogException e)
            {
                _fault = $"the broker: {e.Message}";
                stopping.WaitHandle.WaitOne(_pause);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        _fault = "the service stops";
        foreach (var batch in Take())
            batch.Written.TrySetException(new UnavailableException(_fault));
    }

    private List<Batch> Take()
    {
        var (batches, events) = (new List<Batch>(), 0);
        while (events < MaxEvents && _batches.Reader.TryRead(out var batch))
        {
            batches.Add(batch);
            events += batch.Events.Count;
        }

        return batches;
    }

    private void Write(ILogProducer producer, List<Batch> batches)
    {
        try
        {
            producer.BeginTransaction();
            foreach (var batch in batches)
            {
                foreach (var (index, item) in batch.Events.Index())
                    Send(producer, item, batch.Replies?.HeaderOf(index));
            }

            producer.CommitTransaction(_noOffsets, _id);
            foreach (var batch in batches)
                batch.Written.TrySetResult();
        }
        catch (LogException e)
        {
            _fault = $"the broker: {e.Message}";
            foreach (var batch in batches)
                batch.Written.TrySetException(new UnavailableException(_fault, e));
            throw; // a new producer with the same id aborts what is open
        }
    }

    private void Send(ILogProducer producer, FlyerEvent? item, byte[]? reply)
    {
        var key = Encoding.UTF8.GetBytes(item is null ? "" : item.EventId ?? item.UserId);
        var record = new LogRecord
        {
            Key = key,
            HasKey = true,
            Value = item is null ? [] : JsonSerializer.SerializeToUtf8Bytes(item, EventJson.Default.FlyerEvent),
            HasValue = item is not null,
            Timestamp = -1, // the client's clock
            Headers = reply is null ? null : new Headers { { PendingReplies.HeaderName, reply } },
        };
        producer.Send(_options.Events, Murmur2.Partition(key, producer.PartitionCount(_options.Events)), in record);
    }

    private sealed record Batch(IReadOnlyList<FlyerEvent?> Events, PendingReplies? Replies, TaskCompletionSource Written);
}
