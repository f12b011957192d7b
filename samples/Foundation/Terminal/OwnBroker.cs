using System.CommandLine;
using System.Net.Sockets;
using CrashStreams.Broker;

namespace CrashStreams.Samples.Terminal;

/// <summary>The broker that a command brings along when no Kafka was named.</summary>
internal sealed class OwnBroker : IAsyncDisposable
{
    private const int KafkaPort = 9092;

    // Beside the data, for whoever finds them in use.
    private const string AddressFile = "address";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly EmbeddedBroker? _broker;
    private readonly string? _addressPath;

    private OwnBroker(string bootstrapServers, EmbeddedBroker? broker, string? addressPath) => (BootstrapServers, _broker, _addressPath) = (bootstrapServers, broker, addressPath);

    /// <summary>Where it is.</summary>
    public string BootstrapServers { get; }

    /// <summary>
    /// Starts one, at Kafka's usual port when that is free, and tells its address; null when a Kafka was named. Where another process already runs a broker on these data,
    /// its broker is joined.
    /// </summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="dataDirectory">Where its data stay; null: in memory.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">The data can't be used, and no broker that uses them can be found.</exception>
    public static async Task<OwnBroker?> StartUnlessNamedAsync(ParseResult arguments, string? dataDirectory, CancellationToken cancellation)
    {
        if (arguments.GetValue(KafkaOption.Bootstrap) is not null)
            return null;
        var addressPath = dataDirectory is null ? null : Path.Combine(dataDirectory, AddressFile);
        try
        {
            var broker = await StartAsync(new BrokerOptions { DataDirectory = dataDirectory }, cancellation);
            if (addressPath is not null)
                await File.WriteAllTextAsync(addressPath, broker.BootstrapServers, cancellation);
            Console.Error.WriteLine($"No --bootstrap: started a broker of its own at {broker.BootstrapServers}, data {(dataDirectory is null ? "in memory" : $"in {dataDirectory}")}.");
            return new(broker.BootstrapServers, broker, addressPath);
        }
        catch (IOException e) when (addressPath is not null)
        {
            if (await FindAsync(addressPath, cancellation) is not { } address)
                throw new IOException($"{e.Message} To share the broker that uses it, name its address with --bootstrap host:port.", e);
            Console.Error.WriteLine($"No --bootstrap: joined the broker at {address}, which another process runs on the data in {dataDirectory}. It ends with that process.");
            return new(address, broker: null, addressPath: null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is null)
            return;
        if (_addressPath is not null)
            File.Delete(_addressPath);
        await _broker.DisposeAsync();
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

    // The other process may just be starting: it takes the data before it knows its address. What a killed one left behind does not answer.
    private static async Task<string?> FindAsync(string addressPath, CancellationToken cancellation)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < _patience)
        {
            if (File.Exists(addressPath) && await File.ReadAllTextAsync(addressPath, cancellation) is { Length: > 0 } address
                && await KafkaOption.WhyUnreachableAsync(address, cancellation) is null)
                return address;
            await Task.Delay(_pause, cancellation);
        }

        return null;
    }
}
