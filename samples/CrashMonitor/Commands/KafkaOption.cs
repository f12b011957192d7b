using System.CommandLine;
using System.Net.Sockets;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>Which Kafka, and whether it is there.</summary>
internal static class KafkaOption
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    public static readonly Option<string?> Bootstrap = new("--bootstrap", "-b")
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

    /// <summary>Clients of the Kafka that was asked for, after a look whether any of its brokers listens.</summary>
    /// <exception cref="LogException">None does; the message says what was tried.</exception>
    public static async Task<KafkaLogClients> ConnectAsync(ParseResult arguments, CancellationToken cancellation, string? ownBroker = null)
    {
        var bootstrap = arguments.GetValue(Bootstrap) ?? ownBroker ?? "localhost:9092";
        var clients = new KafkaLogClients(new() { BootstrapServers = bootstrap, Properties = Properties(arguments.GetValue(Property)!) });
        var tried = new List<string>();
        foreach (var broker in bootstrap.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
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
                throw new ArgumentException($"--property '{pair}' is not of the form name=value.");
            properties[pair[..at]] = pair[(at + 1)..];
        }

        return properties;
    }

    private static async Task<string?> WhyUnreachableAsync(string broker, CancellationToken cancellation)
    {
        var address = broker[(broker.IndexOf("://", StringComparison.Ordinal) is var scheme and >= 0 ? scheme + 3 : 0)..];
        var colon = address.LastIndexOf(':');
        var (host, port) = colon > 0 && int.TryParse(address.AsSpan(colon + 1), out var number) ? (address[..colon].Trim('[', ']'), number) : (address, 9092);
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
