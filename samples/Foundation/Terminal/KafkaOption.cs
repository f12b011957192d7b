using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using CrashStreams.CommandLine;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Samples.Terminal;

/// <summary>Which Kafka, and whether it is there.</summary>
internal static class KafkaOption
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public static readonly Option<string?> Bootstrap = new("--bootstrap", "--bootstrap-server", "-b")
    {
        Description = "Kafka's address: host:port, several separated by commas. Without it demo and run start a broker of their own, and the others look at localhost:9092",
        Recursive = true,
    };

    public static readonly Option<string[]> Property = new("--property", "-X")
    {
        Description = "A librdkafka property for every client, name=value, for example security.protocol=SSL. May be repeated",
        DefaultValueFactory = _ => [],
        Recursive = true,
    };

    /// <summary>How to reach the Kafka that was asked for; nothing is connected yet.</summary>
    /// <exception cref="UsageException">The address or a property can't be used.</exception>
    public static KafkaOptions Read(ParseResult arguments)
    {
        var options = new KafkaOptions { BootstrapServers = arguments.GetValue(Bootstrap) ?? "localhost:9092", Properties = Properties(arguments.GetValue(Property)!) };
        foreach (var broker in Brokers(options))
            _ = Address(broker);
        try
        {
            options.Validate();
            return options;
        }
        catch (TopologyException e)
        {
            throw UsageException.Of(e, new Dictionary<string, string> { ["BootstrapServers"] = Bootstrap.Name, ["Property"] = Property.Name });
        }
    }

    /// <summary>Clients of that Kafka, or of a broker of the command's own, without a look: an application waits for its broker.</summary>
    public static KafkaLogClients Clients(KafkaOptions options, OwnBroker? ownBroker) => new(ownBroker is null ? options : options with { BootstrapServers = ownBroker.BootstrapServers });

    /// <summary>Clients of that Kafka, or of a broker of the command's own, after a look whether any of its brokers listens.</summary>
    /// <exception cref="LogException">None does; the message says what was tried.</exception>
    public static async Task<KafkaLogClients> ConnectAsync(KafkaOptions options, OwnBroker? ownBroker, CancellationToken cancellation)
    {
        if (ownBroker is not null)
            options = options with { BootstrapServers = ownBroker.BootstrapServers };
        var bootstrap = options.BootstrapServers;
        var clients = Clients(options, ownBroker: null);
        var tried = new List<string>();
        foreach (var broker in Brokers(options))
        {
            if (await WhyUnreachableAsync(broker, cancellation) is not { } reason)
                return clients;
            tried.Add($"  {broker}: {reason}");
        }

        throw new LogException(
            $"no Kafka at {bootstrap}. Tried to connect:\n{string.Join('\n', tried)}\n"
            + "Start a Kafka there, or name another one with --bootstrap host:port.");
    }

    private static Dictionary<string, string> Properties(string[] pairs)
    {
        var properties = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=');
            if (at <= 0)
                throw new UsageException($"--property '{pair}' is not of the form name=value.");
            properties[pair[..at]] = pair[(at + 1)..];
        }

        return properties;
    }

    private static string[] Brokers(KafkaOptions options) => options.BootstrapServers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    // host, host:port, [::1]:port, and with librdkafka's SECURITY:// in front.
    private static (string Host, int Port) Address(string broker)
    {
        var address = broker[(broker.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0)..];
        var (host, port) = address.LastIndexOf(':') is var colon and >= 0 && !address.EndsWith(']') ? (address[..colon], address[(colon + 1)..]) : (address, "9092");
        return host.Length > 0 && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 65535
            ? (host.Trim('[', ']'), number)
            : throw new UsageException($"'{broker}' is no address of a broker: write {Bootstrap.Name} host:port, several separated by commas.");
    }

    /// <summary>Why a broker can't be connected to; null when it can.</summary>
    public static async Task<string?> WhyUnreachableAsync(string broker, CancellationToken cancellation)
    {
        var (host, port) = Address(broker);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, patience.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"no answer within {_patience.TotalSeconds} s";
        }
    }
}
