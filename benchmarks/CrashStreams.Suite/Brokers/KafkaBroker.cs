using CrashStreams.Drain;

namespace CrashStreams.Suite.Brokers;

/// <summary>One node of Apache Kafka.</summary>
internal sealed class KafkaBroker(string home) : IBroker
{
    private readonly ApacheKafka _kafka = new(home);

    public string Bootstrap => _kafka.Bootstrap;

    public TimeSpan ProcessorTime => _kafka.ProcessorTime;

    public void Dispose() => _kafka.Dispose();
}
