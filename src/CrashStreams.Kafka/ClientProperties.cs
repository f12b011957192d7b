using System.Globalization;

namespace CrashStreams.Kafka;

/// <summary>What one librdkafka instance is configured with.</summary>
internal sealed class ClientProperties
{
    // Correctness hangs on these: offsets are committed by the engine alone, and every producer is idempotent.
    private static readonly HashSet<string> Reserved =
    [
        "bootstrap.servers", "metadata.broker.list", "client.id", "group.id", "group.protocol", "group.instance.id", "group.remote.assignor",
        "partition.assignment.strategy", "enable.auto.commit", "auto.commit.enable", "enable.auto.offset.store", "enable.partition.eof",
        "auto.offset.reset", "isolation.level", "transactional.id", "enable.idempotence", "acks", "request.required.acks", "delivery.report.only.error",
        "message.timeout.ms", "delivery.timeout.ms",
    ];

    /// <summary>The value of <c>group.protocol</c> for KIP-848.</summary>
    public const string ConsumerProtocol = "consumer";

    private const int RestoreAheadBytes = 2 << 20;

    private ClientProperties(string clientId, KafkaOptions options, IReadOnlyDictionary<string, string> own)
    {
        ClientId = clientId;
        Statistics = options.Statistics;
        Values = new()
        {
            ["bootstrap.servers"] = options.BootstrapServers,
            ["client.id"] = clientId,
            // A broker drops idle connections as a matter of course.
            ["log.connection.close"] = "false",
        };
        foreach (var (name, value) in options.Properties.Concat(own))
            Values[name] = value;
    }

    public string ClientId { get; }

    /// <summary>Who takes the client's statistics; null when nobody does.</summary>
    public ClientStatistics? Statistics { get; private init; }

    public Dictionary<string, string> Values { get; }

    public static bool IsReserved(string name) => Reserved.Contains(name);

    public static ClientProperties Consumer(KafkaOptions options, string clientId, string groupId, bool readCommitted) =>
        new ClientProperties(clientId, options, options.ConsumerProperties)
            .Always("group.id", groupId)
            .Reporting(options)
            .Always("isolation.level", readCommitted ? "read_committed" : "read_uncommitted")
            .Always("enable.auto.commit", "false")
            .Always("enable.auto.offset.store", "false")
            // The start of a partition is always told explicitly; an offset that the log does not hold is an error and not a silent gap.
            .Always("auto.offset.reset", "error")
            // Tells the end of a partition whose last records are transaction markers.
            .Always("enable.partition.eof", "true")
            .Default("allow.auto.create.topics", "false")
            .Default("max.poll.interval.ms", options.MaxPollInterval)
            .Default("queued.min.messages", options.FetchAheadRecords)
            .Default("queued.max.messages.kbytes", options.FetchAheadBytes >> 10)
            // The default of 1 s would let a reader starve whenever it has drained what was fetched ahead.
            .Default("fetch.queue.backoff.ms", 2)
            .Default("fetch.max.bytes", Math.Max(1_000_000, options.FetchAheadBytes / 2))
            .Default("fetch.wait.max.ms", options.FetchMaxWait);

    /// <summary>With a group that it joins: the properties that only members have.</summary>
    public ClientProperties Joining(KafkaOptions options, GroupProtocol protocol)
    {
        if (options.GroupInstanceId is { } instance)
            Always("group.instance.id", $"{instance}-{ClientId}");
        return protocol == GroupProtocol.Classic
            ? Always("group.protocol", "classic").Always("partition.assignment.strategy", "range").Default("session.timeout.ms", options.SessionTimeout)
            : Always("group.protocol", ConsumerProtocol).Always("group.remote.assignor", "range");
    }

    /// <summary>
    /// Without a group, to restore state. What is fetched ahead comes on top of an application that has its full size already, so it is what two turns of the restorer take.
    /// </summary>
    public static ClientProperties Restorer(KafkaOptions options, string clientId, bool readCommitted) =>
        Consumer(
            options with
            {
                FetchAheadRecords = Math.Min(options.FetchAheadRecords, 2 * options.MaxPollRecords),
                FetchAheadBytes = Math.Min(options.FetchAheadBytes, RestoreAheadBytes),
            },
            // librdkafka can't assign partitions without a group id; nothing is ever joined or committed under this one.
            clientId, groupId: clientId, readCommitted)
            // librdkafka compares it with the poll interval even so.
            .Default("session.timeout.ms", options.SessionTimeout)
            .Default("max.partition.fetch.bytes", RestoreAheadBytes / 8);

    public static ClientProperties Producer(KafkaOptions options, string clientId, string? transactionalId)
    {
        var properties = new ClientProperties(clientId, options, options.ProducerProperties)
            .Reporting(options)
            .Always("enable.idempotence", "true")
            .Always("acks", "all")
            .Always("delivery.report.only.error", "true")
            .Default("linger.ms", options.Linger)
            .Default("batch.size", options.ProducerBatchBytes)
            .Default("message.max.bytes", options.MaxRecordBytes)
            .Default("compression.codec", options.Compression)
            .Default("queue.buffering.max.kbytes", options.ProducerBufferBytes >> 10)
            // Bounded by bytes alone.
            .Default("queue.buffering.max.messages", 0);
        // Without a transaction a record is never given up for its age alone: what was sent behind it (a watermark marker) could be written without it. When the
        // broker is away for too long, flushing fails, and with the producer goes all that is still to be written.
        if (transactionalId is null)
            return properties.Always("message.timeout.ms", "0");
        return properties
            .Default("message.timeout.ms", options.DeliveryTimeout < options.TransactionTimeout ? options.DeliveryTimeout : options.TransactionTimeout)
            .Always("transactional.id", transactionalId)
            .Default("transaction.timeout.ms", options.TransactionTimeout)
            // Once all brokers were away, "rebootstrap" discards their connections, but librdkafka (2.16.0) goes on asking the discarded one for the
            // group's coordinator, and sending offsets to a transaction never comes back (confluentinc/librdkafka#5511).
            .Default("metadata.recovery.strategy", "none");
    }

    /// <summary>No batch of several records is larger, also where the user's own property allows it: a topic that takes less refuses all of them.</summary>
    public ClientProperties WithBatchesUpTo(int bytes)
    {
        // librdkafka counts a request's other fields too, so this many bytes are never reached.
        if (!int.TryParse(Values["batch.size"], CultureInfo.InvariantCulture, out var present) || present > bytes)
            Values["batch.size"] = Math.Max(1, bytes).ToString(CultureInfo.InvariantCulture);
        return this;
    }

    // A broker that closes the connection at once, because it expects TLS, gives its only hint with it; ConnectionFaults keeps what is harmless out of the log.
    public static ClientProperties Admin(KafkaOptions options, string clientId) => new ClientProperties(clientId, options, options.AdminProperties).Always("log.connection.close", "true");

    private ClientProperties Reporting(KafkaOptions options) => options.Statistics is null ? this : Default("statistics.interval.ms", options.StatisticsInterval);

    private ClientProperties Always(string name, string value)
    {
        Values[name] = value;
        return this;
    }

    private ClientProperties Default(string name, string value)
    {
        Values.TryAdd(name, value);
        return this;
    }

    private ClientProperties Default(string name, int value) => Default(name, value.ToString(CultureInfo.InvariantCulture));

    private ClientProperties Default(string name, TimeSpan value) => Default(name, (int)value.TotalMilliseconds);
}
