namespace CrashStreams.Kafka.Tests;

/// <summary>A broker that speaks Kafka's protocol, started once for the test program.</summary>
public interface IKafkaBroker : IDisposable
{
    /// <summary>Where it listens, <c>host:port</c>.</summary>
    string BootstrapServers { get; }
}
