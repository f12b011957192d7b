using CrashStreams.Broker;
using CrashStreams.Kafka.Tests;

[assembly: AssemblyFixture(typeof(EmbeddedKafka))]

namespace CrashStreams.Kafka.Tests;

/// <summary>The embedded broker with its data in a folder, started for the first test that wants it.</summary>
public sealed class EmbeddedKafka : IKafkaBroker
{
    private readonly string _directory = Directory.CreateTempSubdirectory("crashstreams-broker-").FullName;
    private readonly Lazy<EmbeddedBroker> _broker;

    // Tests wait for expired sessions, on Apache Kafka too. Logs are looked after so often that it happens within every test.
    public EmbeddedKafka() => _broker = new Lazy<EmbeddedBroker>(() => EmbeddedBroker.StartAsync(new BrokerOptions
    {
        DataDirectory = _directory,
        ConsumerSessionTimeout = TimeSpan.FromSeconds(6),
        LogCareInterval = TimeSpan.FromMilliseconds(100),
    }).GetAwaiter().GetResult());

    public string BootstrapServers => _broker.Value.BootstrapServers;

    /// <summary>Creates a topic without a client.</summary>
    public Task CreateTopic(string name, int partitions) => _broker.Value.CreateTopicAsync(name, partitions);

    public void Dispose()
    {
        if (_broker.IsValueCreated)
            _broker.Value.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }
}
