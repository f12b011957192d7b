using CrashStreams.Kafka.Tests;

[assembly: AssemblyFixture(typeof(ApacheKafkaFixture))]

namespace CrashStreams.Kafka.Tests;

/// <summary>Starts Apache Kafka for the first test that wants it and stops it after the last.</summary>
public sealed class ApacheKafkaFixture : IDisposable
{
    private readonly Lazy<ApacheKafka> _broker = new(() => new ApacheKafka());

    /// <summary>The broker; the test is skipped where there is none.</summary>
    public IKafkaBroker Broker
    {
        get
        {
            if (ApacheKafka.WhyMissing is { } reason)
                Assert.Skip(reason);
            return _broker.Value;
        }
    }

    public void Dispose()
    {
        if (_broker.IsValueCreated)
            _broker.Value.Dispose();
    }
}
