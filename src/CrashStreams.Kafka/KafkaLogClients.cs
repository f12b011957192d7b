using System.Diagnostics.Metrics;
using CrashStreams.Kafka.Fetching;
using CrashStreams.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Kafka;

/// <summary>The clients of an Apache Kafka cluster, on librdkafka.</summary>
public sealed class KafkaLogClients : ILogClients
{
    private readonly KafkaOptions _options;
    private readonly ConnectionFaults _faults;

    /// <summary>Checks the options; nothing is connected yet.</summary>
    /// <param name="options">How to reach Kafka.</param>
    /// <param name="logger">Gets what librdkafka logs; none by default. Property values are never logged.</param>
    /// <param name="meters">Makes the meter for <see cref="KafkaOptions.StatisticsInterval"/>; by default it is the process's.</param>
    /// <exception cref="TopologyException">An option is wrong.</exception>
    public KafkaLogClients(KafkaOptions options, ILogger<KafkaLogClients>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options with { Statistics = options.StatisticsInterval > TimeSpan.Zero ? new(meters) : null }; // what is set later counts for later clients only
        _faults = new(logger ?? (ILogger)NullLogger.Instance, TimeProvider.System);
    }

    /// <inheritdoc/>
    public string? InstanceName => _options.GroupInstanceId;

    /// <inheritdoc/>
    public string Address => _options.BootstrapServers;

    /// <inheritdoc/>
    public string? ConnectionFault => _faults.Last;

    /// <inheritdoc/>
    public TimeSpan? TransactionTimeout => _options.TransactionTimeout;

    /// <inheritdoc/>
    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted)
    {
        KafkaConsumer Create(GroupProtocol protocol) => Consumer(ClientProperties.Consumer(_options, clientId, groupId, readCommitted).Joining(_options, protocol), readCommitted);

        return _options.GroupProtocol == GroupProtocol.Auto ? new NegotiatingConsumer(Create) : Create(_options.GroupProtocol);
    }

    /// <inheritdoc/>
    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) =>
        Consumer(ClientProperties.Restorer(_options, clientId, readCommitted), readCommitted);

    /// <inheritdoc/>
    public ILogProducer CreateProducer(string clientId, string? transactionalId) => CreateProducer(clientId, transactionalId, int.MaxValue);

    /// <inheritdoc/>
    public ILogProducer CreateProducer(string clientId, string? transactionalId, int maxBatchBytes) =>
        new KafkaProducer(_options, ClientProperties.Producer(_options, clientId, transactionalId).WithBatchesUpTo(maxBatchBytes), transactionalId is not null, _faults);

    /// <inheritdoc/>
    public ILogAdmin CreateAdmin(string clientId) => new KafkaAdmin(_options, clientId, _faults);

    private KafkaConsumer Consumer(ClientProperties properties, bool readCommitted)
    {
        var own = _options.Fetching == FetchPath.Own || (_options.Fetching == FetchPath.Auto && FetchSettings.AllowFetching(properties.Values));
        return own ? new FetchingConsumer(properties, _options, readCommitted, _faults) : new LibrdkafkaConsumer(properties, _options, readCommitted, _faults);
    }
}
