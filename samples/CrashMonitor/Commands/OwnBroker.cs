using System.CommandLine;
using System.Net.Sockets;
using CrashStreams.Broker;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>The broker that a command brings along when no Kafka was named.</summary>
internal static class OwnBroker
{
    private const int KafkaPort = 9092;

    /// <summary>
    /// Starts one, at Kafka's usual port when that is free, and tells its address; null when a Kafka was named.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="dataDirectory">Where its data stay; null: in memory.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<EmbeddedBroker?> StartUnlessNamedAsync(ParseResult arguments, string? dataDirectory, CancellationToken cancellation)
    {
        if (arguments.GetValue(KafkaOption.Bootstrap) is not null)
            return null;
        var broker = await StartAsync(new BrokerOptions { DataDirectory = dataDirectory }, cancellation);
        Console.Error.WriteLine($"No --bootstrap: started a broker of its own at {broker.BootstrapServers}, data {(dataDirectory is null ? "in memory" : $"in {dataDirectory}")}.");
        return broker;
    }

    private static async Task<EmbeddedBroker> StartAsync(BrokerOptions options, CancellationToken cancellation)
    {
        try
        {
            return await EmbeddedBroker.StartAsync(options with { Port = KafkaPort }, cancellation);
        }
        catch (SocketException)
        {
            return await EmbeddedBroker.StartAsync(options, cancellation);
        }
    }
}
