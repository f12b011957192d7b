using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Testing;

/// <summary>
/// A broker for the tests of a class or of an assembly, and what tests do with it: create topics, write and read records, run applications. It belongs to no test framework:
/// <see cref="InitializeAsync"/> and <see cref="DisposeAsync"/> are what xunit's <c>IAsyncLifetime</c> asks for, and what NUnit's set-up and tear-down call. Tests may use it at the same time when each has
/// topics and an application id of its own: see <see cref="NewName"/>.
/// </summary>
public class BrokerFixture : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly BrokerOptions? _options;
    private readonly Lock _lock = new(); // tests may start applications at the same time
    private readonly List<StreamsApplication> _applications = [];
    private EmbeddedBroker? _broker;
    private int _names;

    /// <summary>A broker in memory with its default settings.</summary>
    public BrokerFixture()
    {
    }

    /// <summary>A broker with settings of its own.</summary>
    /// <param name="options">The settings; a port of 0 lets the system choose one.</param>
    public BrokerFixture(BrokerOptions options) => _options = options;

    /// <summary>The broker.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public EmbeddedBroker Broker => _broker ?? throw new InvalidOperationException($"The broker was not started: the test framework, or the test's set-up, has to call {nameof(InitializeAsync)}.");

    /// <summary>Where it is, for clients.</summary>
    public string BootstrapServers => Broker.BootstrapServers;

    /// <summary>Starts the broker.</summary>
    public async ValueTask InitializeAsync() => _broker ??= await EmbeddedBroker.StartAsync(_options).ConfigureAwait(false);

    /// <summary>Stops the applications that were started here, then the broker.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        List<StreamsApplication> applications;
        lock (_lock)
            applications = [.. _applications];
        foreach (var application in applications)
            await application.DisposeAsync().ConfigureAwait(false);
        if (_broker is not null)
            await _broker.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A name that nothing else in this fixture has, for topics and application ids.</summary>
    /// <param name="prefix">What it begins with.</param>
    public string NewName(string prefix) => $"{prefix}-{Interlocked.Increment(ref _names)}";

    /// <summary>Creates a topic with a new name and answers the name.</summary>
    /// <param name="prefix">What the name begins with.</param>
    /// <param name="partitions">How many partitions it has.</param>
    public async Task<string> CreateTopicAsync(string prefix, int partitions = 1)
    {
        var topic = NewName(prefix);
        await Broker.CreateTopicAsync(topic, partitions).ConfigureAwait(false);
        return topic;
    }

    /// <summary>Runs an application until the fixture ends, or until the test stops it.</summary>
    /// <param name="topology">What it runs.</param>
    /// <param name="options">How; by default an application with a new name.</param>
    public async Task<StreamsApplication> StartAsync(Topology topology, StreamsOptions? options = null)
    {
        var application = new StreamsApplication(topology, options ?? new StreamsOptions { ApplicationId = NewName("application") }, new KafkaLogClients(new() { BootstrapServers = BootstrapServers }));
        lock (_lock)
            _applications.Add(application);
        await application.StartAsync().ConfigureAwait(false);
        return application;
    }

    /// <summary>Writes records and waits until the broker has them. A record's key decides its partition as in any Kafka client.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="records">The records; a timestamp of -1 is the present.</param>
    /// <param name="keySerde">By default the library's for the type.</param>
    /// <param name="valueSerde">By default the library's for the type.</param>
    public Task WriteAsync<TKey, TValue>(string topic, IEnumerable<Record<TKey, TValue>> records, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null) => Task.Run(() =>
    {
        var (keys, values) = (TopicSerde.Of(keySerde, topic, isKey: true), TopicSerde.Of(valueSerde, topic, isKey: false));
        using var producer = new KafkaLogClients(new() { BootstrapServers = BootstrapServers }).CreateProducer(NewName("writer"), null);
        foreach (var record in records)
        {
            var (key, value) = (record.HasKey ? TopicSerde.Write(keys, record.Key) : null, record.HasValue ? TopicSerde.Write(values, record.Value) : null);
            producer.Send(topic, key is null ? ILogProducer.AnyPartition : Murmur2.Partition(key, producer.PartitionCount(topic)), new LogRecord
            {
                Key = key, HasKey = key is not null, Value = value, HasValue = value is not null, Timestamp = record.Timestamp, Headers = record.Headers,
            });
        }

        producer.Flush();
    });

    /// <summary>Reads a topic from its beginning until it has so many records, in the order of their offsets within each partition.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="count">How many records are waited for.</param>
    /// <param name="keySerde">By default the library's for the type.</param>
    /// <param name="valueSerde">By default the library's for the type.</param>
    /// <param name="patience">How long they are waited for; 30 s by default.</param>
    /// <exception cref="TimeoutException">They did not come; the message has those that did.</exception>
    public Task<IReadOnlyList<Record<TKey, TValue>>> ReadAsync<TKey, TValue>(
        string topic, int count, Serde<TKey>? keySerde = null, Serde<TValue>? valueSerde = null, TimeSpan? patience = null) => Task.Run(async () =>
    {
        var (keys, values) = (TopicSerde.Of(keySerde, topic, isKey: true), TopicSerde.Of(valueSerde, topic, isKey: false));
        var clients = new KafkaLogClients(new() { BootstrapServers = BootstrapServers });
        using var admin = clients.CreateAdmin(NewName("reader"));
        var partitions = (await admin.PartitionCountsAsync([topic], CancellationToken.None).ConfigureAwait(false)).GetValueOrDefault(topic);
        if (partitions == 0)
            throw new LogException($"Topic '{topic}' does not exist: create it first.");
        using var consumer = clients.CreateRestoreConsumer(NewName("reader"), readCommitted: true);
        consumer.Assign(Enumerable.Range(0, partitions).ToDictionary(partition => new TopicPartition(topic, partition), static _ => 0L));
        return TopicSerde.Read(consumer, count, keys, values, topic, patience ?? _patience);
    });
}
