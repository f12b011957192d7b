using System.Text.Json;
using System.Threading.Channels;
using Confluent.Kafka;
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
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(1_000);
    private readonly FlyerOptions _options;
    private readonly ProducerConfig _config;
    private volatile string? _fault = "the broker was not reached yet";

    public EventWriter(FlyerOptions options, string bootstrapServers, IEnumerable<KeyValuePair<string, string>> properties)
    {
        _options = options;
        _config = new(properties.ToDictionary())
        {
            BootstrapServers = bootstrapServers,
            TransactionalId = $"{options.ApplicationId}-api-{string.Concat(options.Urls.Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-'))}",
            TransactionTimeoutMs = 10_000,
            MessageTimeoutMs = 8_000,
            // A commit sends what waits: until then a transaction's events are gathered, so that each partition gets one batch.
            LingerMs = 50,
            Partitioner = Partitioner.Murmur2Random,
            // The commit tells of all.
            EnableDeliveryReports = false,
        };
    }

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
                using var producer = new ProducerBuilder<string, byte[]>(_config).SetLogHandler(static (_, _) => { }).Build();
                producer.InitTransactions(_patience);
                _fault = null;
                while (_batches.Reader.WaitToReadAsync(stopping).AsTask().GetAwaiter().GetResult())
                    Write(producer, Take());
            }
            catch (KafkaException e)
            {
                _fault = $"the broker: {e.Error.Reason}";
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

    private void Write(IProducer<string, byte[]> producer, List<Batch> batches)
    {
        try
        {
            producer.BeginTransaction();
            foreach (var batch in batches)
            {
                foreach (var (index, item) in batch.Events.Index())
                    Send(producer, item, batch.Replies?.HeaderOf(index));
            }

            producer.CommitTransaction(_patience);
            foreach (var batch in batches)
                batch.Written.TrySetResult();
        }
        catch (KafkaException e)
        {
            _fault = $"the broker: {e.Error.Reason}";
            foreach (var batch in batches)
                batch.Written.TrySetException(new UnavailableException(_fault, e));
            throw; // a new producer with the same id aborts what is open
        }
    }

    private void Send(IProducer<string, byte[]> producer, FlyerEvent? item, byte[]? reply)
    {
        var message = new Message<string, byte[]>
        {
            Key = item is null ? "" : item.EventId ?? item.UserId,
            Value = item is null ? null! : JsonSerializer.SerializeToUtf8Bytes(item, EventJson.Default.FlyerEvent),
        };
        if (reply is not null)
            message.Headers = new() { { PendingReplies.HeaderName, reply } };
        while (true)
        {
            try
            {
                producer.Produce(_options.Events, message);
                return;
            }
            catch (ProduceException<string, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    private sealed record Batch(IReadOnlyList<FlyerEvent?> Events, PendingReplies? Replies, TaskCompletionSource Written);
}
