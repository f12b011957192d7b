using System.Net;
using System.Security.Cryptography.X509Certificates;
using CrashStreams.Broker.Server;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Broker;

/// <summary>How an embedded broker listens, stores and behaves. The defaults: in memory, on a free port of the loopback.</summary>
public sealed record BrokerOptions
{
    /// <summary>The directory that keeps everything; null (the default) keeps it in memory, until the broker is disposed.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>The port to listen on; 0 (the default) takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>The address to listen on: the loopback by default. Any other needs <see cref="Certificate"/> and <see cref="Users"/>.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The host name told to clients; by default the address that the broker listens on.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>With a certificate, clients must connect with TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>User names and passwords. When there are any, clients must authenticate with SASL PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>What users may do, by their names; a user who isn't here may do everything.</summary>
    public IReadOnlyDictionary<string, UserAccess> Access { get; init; } = new Dictionary<string, UserAccess>();

    /// <summary>When acknowledged records are forced to the disk. Default: <see cref="FlushMode.Os"/>, as in Apache Kafka.</summary>
    public FlushMode Flush { get; init; } = FlushMode.Os;

    /// <summary>The interval of <see cref="FlushMode.Interval"/>. Default: 1 s; range: 10 ms to 1 h.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether a topic is created when a client asks for it and allows that. Default: no.</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>The number of partitions of topics created without one. Default: 1; range: 1 to 10,000.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>The most bytes of one request, `socket.request.max.bytes`. Default: 100 MiB; range: 1 KiB to 1 GiB.</summary>
    public int MaxRequestBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>How often segments are looked over for retention and compaction. Default: 15 s; range: 10 ms to 1 day.</summary>
    public TimeSpan LogCareInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After how long without a heartbeat a member of the consumer protocol (KIP-848) counts as dead; 45 s by default, as <c>group.consumer.session.timeout.ms</c>.
    /// From 1 s to 30 min.
    /// </summary>
    public TimeSpan ConsumerSessionTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the broker logs to. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal int MaxPartitionsPerTopic => 10_000;

    /// <summary>Of all topics together: requests can't take more memory and files than for so many.</summary>
    internal int MaxPartitions { get; init; } = 100_000;

    /// <summary>What one client may cost the others.</summary>
    internal Limits Limits { get; init; } = new();

    /// <summary>How many files the process is taken to be able to open; null: what the system says.</summary>
    internal int? OpenFileLimit { get; init; }

    /// <summary>Storage that outlives the broker, for tests of crashes.</summary>
    internal IStorage? Storage { get; init; }

    /// <summary>Throws one exception that names everything that is wrong.</summary>
    internal void Validate()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0)
            throw new ArgumentException("The broker's options are not valid:" + string.Concat(problems.Select(problem => "\n- " + problem)));
    }

    private IEnumerable<string> Problems()
    {
        if (!IPAddress.IsLoopback(Address) && (Certificate is null || Users.Count == 0))
            yield return $"{nameof(Address)} {Address} can be reached from other machines: set {nameof(Certificate)} and {nameof(Users)} too, or listen on the loopback.";
        if (Certificate is { HasPrivateKey: false })
            yield return $"{nameof(Certificate)} has no private key.";
        if (DataDirectory is { } directory && (string.IsNullOrWhiteSpace(directory) || directory.Contains('\0')))
            yield return $"{nameof(DataDirectory)} must name a folder, without NUL characters; leave it out to keep everything in memory.";
        if (Port is < 0 or > 65535)
            yield return $"{nameof(Port)} must be from 0 to 65535; it is {Port}.";
        if (DefaultPartitions < 1 || DefaultPartitions > MaxPartitionsPerTopic)
            yield return $"{nameof(DefaultPartitions)} must be from 1 to {MaxPartitionsPerTopic}; it is {DefaultPartitions}.";
        if (MaxRequestBytes is < 1024 or > 1024 * 1024 * 1024)
            yield return $"{nameof(MaxRequestBytes)} must be from 1 KiB to 1 GiB; it is {MaxRequestBytes}.";
        if (FlushInterval < TimeSpan.FromMilliseconds(10) || FlushInterval > TimeSpan.FromHours(1))
            yield return $"{nameof(FlushInterval)} must be from 10 ms to 1 h; it is {FlushInterval}.";
        if (ConsumerSessionTimeout < TimeSpan.FromSeconds(1) || ConsumerSessionTimeout > TimeSpan.FromMinutes(30))
            yield return $"{nameof(ConsumerSessionTimeout)} must be from 1 s to 30 min; it is {ConsumerSessionTimeout}.";
        if (LogCareInterval < TimeSpan.FromMilliseconds(10) || LogCareInterval > TimeSpan.FromDays(1))
            yield return $"{nameof(LogCareInterval)} must be from 10 ms to 1 day; it is {LogCareInterval}.";
        foreach (var user in Access.Keys.Where(user => !Users.ContainsKey(user)))
            yield return $"{nameof(Access)}: there is no user '{user}' in {nameof(Users)}.";
        foreach (var user in Users.Where(user => user.Key.Length == 0 || user.Value.Length == 0 || user.Key.Contains('\0') || user.Value.Contains('\0')))
            yield return $"{nameof(Users)}: '{user.Key}' needs a name and a password, without NUL characters.";
    }
}
