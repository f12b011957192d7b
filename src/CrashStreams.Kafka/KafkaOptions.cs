using CrashStreams.Kafka.Fetching;

namespace CrashStreams.Kafka;

/// <summary>
/// How to reach Kafka, and how much memory and waiting its clients may use. The defaults favour throughput in little memory:
/// a draining consumer holds about 16 MB of records.
/// </summary>
public sealed record KafkaOptions
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>Some of the cluster's brokers: <c>host:port</c>, separated by commas. Required.</summary>
    public required string BootstrapServers { get; set; }

    /// <summary>
    /// librdkafka properties for every client, for example <c>security.protocol</c> and <c>sasl.password</c>. Values are never logged.
    /// Properties that the library itself decides, such as <c>enable.auto.commit</c>, are refused by <see cref="Validate"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Properties { get; set; } = None;

    /// <summary>Further librdkafka properties for consumers only.</summary>
    public IReadOnlyDictionary<string, string> ConsumerProperties { get; set; } = None;

    /// <summary>Further librdkafka properties for producers only.</summary>
    public IReadOnlyDictionary<string, string> ProducerProperties { get; set; } = None;

    /// <summary>Further librdkafka properties for admin clients only.</summary>
    public IReadOnlyDictionary<string, string> AdminProperties { get; set; } = None;

    /// <summary>How the group assigns partitions. Default: <see cref="GroupProtocol.Auto"/>.</summary>
    public GroupProtocol GroupProtocol { get; set; } = GroupProtocol.Auto;

    /// <summary>
    /// Static membership (KIP-345): a member that comes back within the session timeout keeps its partitions, at once with <see cref="GroupProtocol.Classic"/>. Each consumer's id
    /// is this name and its client id; an application's clients have ids that begin with its own id and this name, the same over restarts. No two running instances may have
    /// the same. Default: none.
    /// </summary>
    public string? GroupInstanceId { get; set; }

    /// <summary>After how long without a heartbeat a member counts as dead. Default 45 s. With <see cref="GroupProtocol.Consumer"/> the broker decides.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>After how long without a poll a member gives its partitions up. Default 5 min.</summary>
    public TimeSpan MaxPollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The most records that a poll delivers. Default 4096; 1 to 100,000.</summary>
    public int MaxPollRecords { get; set; } = 4096;

    /// <summary>How many records a consumer fetches ahead of its polls where librdkafka fetches. Default 40,000; each costs about 0.4 KB besides its bytes.</summary>
    public int FetchAheadRecords { get; set; } = 40_000;

    /// <summary>How many bytes of records a consumer fetches ahead of its polls. Default 16 MiB; at least 64 KiB.</summary>
    public int FetchAheadBytes { get; set; } = 16 << 20;

    /// <summary>Who fetches records. Default <see cref="FetchPath.Auto"/>. Groups, offsets and transactions are librdkafka's either way.</summary>
    public FetchPath Fetching { get; set; } = FetchPath.Auto;

    /// <summary>How long the broker may hold a fetch when there is nothing new. Default 100 ms.</summary>
    public TimeSpan FetchMaxWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a producer waits to fill a batch while its thread is busy; a flush or commit does not wait, nor does a thread whose inputs have run dry. Default 20 ms: with 5 ms a drain over 12 partitions sends four times as
    /// many requests and costs the broker nearly twice the processor time (Kafka Streams waits 100 ms).
    /// </summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The largest batch of one partition. Default 256 KiB.</summary>
    public int ProducerBatchBytes { get; set; } = 256 << 10;

    /// <summary>The most bytes that a producer holds unacknowledged; a send waits beyond. Default 32 MiB.</summary>
    public int ProducerBufferBytes { get; set; } = 32 << 20;

    /// <summary>The largest record that a producer takes. Default 1,000,000 bytes, which a default Kafka accepts.</summary>
    public int MaxRecordBytes { get; set; } = 1_000_000;

    /// <summary>The codec of produced batches: <c>none</c> (default), <c>lz4</c>, <c>zstd</c>, <c>snappy</c> or <c>gzip</c>.</summary>
    public string Compression { get; set; } = "none";

    /// <summary>
    /// After how long without acknowledgements a flush or a full buffer counts as failed. Default 2 min. In a transaction each record has so long, or
    /// <see cref="TransactionTimeout"/> if that is shorter: the broker has aborted the transaction by then.
    /// </summary>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// After how long the broker aborts an open transaction. What an instance had begun when it was killed holds up the readers of its results for so long.
    /// Default 10 s, as in Kafka Streams.
    /// </summary>
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a request that is waited for (metadata, committed offsets, admin) may take. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often librdkafka tells what its clients are doing, as metrics <c>crashstreams.librdkafka.*</c>. Default 0: not at all. 15 s or more is enough for dashboards; a report costs some
    /// kilobytes of text per client and partition.
    /// </summary>
    public TimeSpan StatisticsInterval { get; set; }

    /// <summary>Who takes these reports.</summary>
    internal ClientStatistics? Statistics { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="TopologyException">Something is wrong; the message lists every fault with its remedy.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        void Check(bool isRight, string fault)
        {
            if (!isRight)
                faults.Add(fault);
        }

        Check(!string.IsNullOrWhiteSpace(BootstrapServers), "BootstrapServers is empty: name at least one broker as host:port.");
        foreach (var address in (BootstrapServers ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            Check(BrokerAddress.IsOne(address), $"BootstrapServers: '{address}' is no broker's address: write host:port, for example localhost:9092; several are separated by commas.");
        Check(MaxPollRecords is >= 1 and <= 100_000, $"MaxPollRecords is {MaxPollRecords}: choose 1 to 100000.");
        Check(FetchAheadRecords >= 1, $"FetchAheadRecords is {FetchAheadRecords}: choose at least 1.");
        Check(FetchAheadBytes >= 64 << 10, $"FetchAheadBytes is {FetchAheadBytes}: choose at least 65536.");
        Check(ProducerBatchBytes >= 1, $"ProducerBatchBytes is {ProducerBatchBytes}: choose at least 1.");
        Check(ProducerBufferBytes >= 1024, $"ProducerBufferBytes is {ProducerBufferBytes}: choose at least 1024.");
        Check(MaxRecordBytes is >= 1000 and <= 1_000_000_000, $"MaxRecordBytes is {MaxRecordBytes}: choose 1000 to 1000000000.");
        Check(Compression is "none" or "lz4" or "zstd" or "snappy" or "gzip", $"Compression is '{Compression}': choose none, lz4, zstd, snappy or gzip.");
        Check(Linger >= TimeSpan.Zero && Linger <= TimeSpan.FromMinutes(15), $"Linger is {Linger}: choose 0 to 15 minutes.");
        Check(Linger < DeliveryTimeout, $"DeliveryTimeout is {DeliveryTimeout}: choose more than Linger ({Linger}).");
        Check(FetchMaxWait >= TimeSpan.Zero && FetchMaxWait <= TimeSpan.FromMinutes(1), $"FetchMaxWait is {FetchMaxWait}: choose 0 to 1 minute.");
        Check(SessionTimeout >= TimeSpan.FromSeconds(1), $"SessionTimeout is {SessionTimeout}: choose at least 1 s (Kafka's own default minimum is 6 s).");
        Check(MaxPollInterval >= SessionTimeout, $"MaxPollInterval is {MaxPollInterval}: choose at least SessionTimeout ({SessionTimeout}).");
        Check(TransactionTimeout >= TimeSpan.FromSeconds(1), $"TransactionTimeout is {TransactionTimeout}: choose at least 1 s.");
        Check(StatisticsInterval >= TimeSpan.Zero && StatisticsInterval <= TimeSpan.FromDays(1), $"StatisticsInterval is {StatisticsInterval}: choose 0 (none) to 1 day.");
        Check(RequestTimeout > TimeSpan.Zero, $"RequestTimeout is {RequestTimeout}: choose more than 0.");
        Check(
            Fetching != FetchPath.Own || FetchSettings.AllowFetching(Properties.Concat(ConsumerProperties).ToLookup(static p => p.Key, static p => p.Value).ToDictionary(static p => p.Key, static p => p.Last())),
            "Fetching is Own, which takes plain connections only: choose Auto or Librdkafka with TLS, SASL, client.rack, broker.address.family or client.dns.lookup.");
        foreach (var name in Properties.Keys.Concat(ConsumerProperties.Keys).Concat(ProducerProperties.Keys).Concat(AdminProperties.Keys))
            Check(!ClientProperties.IsReserved(name), $"Property '{name}' is decided by the library: remove it.");

        if (faults.Count > 0)
            throw new TopologyException("Kafka options: " + string.Join(" ", faults));
    }
}
