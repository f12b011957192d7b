using System.Globalization;

namespace CrashStreams.Kafka.Fetching;

/// <summary>How a consumer fetches: what librdkafka's properties of the same names say.</summary>
internal sealed record FetchSettings
{
    // Larger answers leave the processor's caches before they are read, and let partitions run ahead of one another.
    private const int MaxAnswerBytes = 2 << 20, DefaultPartitionBytes = 256 << 10;

    public required string ClientId { get; init; }

    public required IReadOnlyList<(string Host, int Port)> Bootstrap { get; init; }

    public required bool ReadCommitted { get; init; }

    /// <summary>How long a broker may wait for something new.</summary>
    public required int MaxWaitMs { get; init; }

    /// <summary>How many bytes it waits for.</summary>
    public required int MinBytes { get; init; }

    /// <summary>How many bytes it answers at most; a larger batch comes alone.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>Likewise for one partition.</summary>
    public required int PartitionBytes { get; init; }

    /// <summary>How many bytes are fetched ahead of the polls.</summary>
    public required int AheadBytes { get; init; }

    public required TimeSpan RequestTimeout { get; init; }

    public static FetchSettings Of(ClientProperties properties, KafkaOptions options, bool readCommitted)
    {
        int Number(string name, int other) => properties.Values.TryGetValue(name, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : other;

        var ahead = (int)Math.Min(int.MaxValue, 1024L * Number("queued.max.messages.kbytes", options.FetchAheadBytes >> 10));
        return new()
        {
            ClientId = properties.ClientId,
            Bootstrap = [.. properties.Values["bootstrap.servers"].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(BrokerAddress.Of)],
            ReadCommitted = readCommitted,
            MaxWaitMs = Number("fetch.wait.max.ms", (int)options.FetchMaxWait.TotalMilliseconds),
            MinBytes = Number("fetch.min.bytes", 1),
            MaxBytes = Math.Min(MaxAnswerBytes, Number("fetch.max.bytes", ahead / 2)),
            PartitionBytes = Number("max.partition.fetch.bytes", Number("fetch.message.max.bytes", DefaultPartitionBytes)),
            AheadBytes = ahead,
            RequestTimeout = options.RequestTimeout,
        };
    }

    /// <summary>Whether brokers can be asked by a plain connection, as the fetcher does, and all that these properties say of fetching is what it does, too.</summary>
    public static bool AllowFetching(IReadOnlyDictionary<string, string> properties) =>
        DirectQuestion.CanAsk(properties) && !properties.ContainsKey("client.rack") && !properties.ContainsKey("broker.address.family") && !properties.ContainsKey("client.dns.lookup");
}
