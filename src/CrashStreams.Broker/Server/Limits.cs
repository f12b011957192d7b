namespace CrashStreams.Broker.Server;

/// <summary>
/// What one client may cost the others: every bound on work, answers, memory, names, counts and time, in one place. docs/broker.md has the same table.
/// Clients with usual settings meet none of them but the memory of a connection.
/// </summary>
internal sealed record Limits
{
    // Work

    /// <summary>How long one request may hold the loop; a longer one is logged and counted.</summary>
    public TimeSpan LoopTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A connection with a request that took so much of the processor's time is served after those whose requests take less.</summary>
    public TimeSpan HeavyRequestTime { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>A connection may use so much of the loop's time and still be served in turn with the others, however often it asks: so much of it, as a share.</summary>
    public double ShareOfLoop { get; init; } = 0.1;

    /// <summary>Elements of all arrays of one request. A fetch of all partitions that a broker may have (100,000) has fewer.</summary>
    public int RequestElements { get; init; } = 120_000;

    /// <summary>The same of a produce request: topics and batches. A producer's request has 1 MiB by default, and a batch a hundred bytes.</summary>
    public int ProduceElements { get; init; } = 25_000;

    /// <summary>Partitions of one fetch, or fetch session.</summary>
    public int FetchPartitions { get; init; } = 20_000;

    // Bytes

    /// <summary>A request of a client that has not said who it is; <c>sasl.server.max.receive.size</c> (512 KiB in Kafka, for mechanisms with larger tokens).</summary>
    public int UnauthenticatedRequestBytes { get; init; } = 64 * 1024;

    /// <summary>A SASL token: a name and a password, or a message of SCRAM.</summary>
    public int SaslTokenBytes { get; init; } = 4 * 1024;

    /// <summary>A request that carries no records; those that do have <see cref="BrokerOptions.MaxRequestBytes"/>.</summary>
    public int RequestBytesWithoutRecords { get; init; } = 8 * 1024 * 1024;

    /// <summary>Requests without records that are larger are taken apart and handled one at a time.</summary>
    public int LargeRequestBytes { get; init; } = 64 * 1024;

    /// <summary>An answer without its records. 100,000 topics with names of usual length fit.</summary>
    public int AnswerBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>What the requests and unsent answers of one connection hold; beyond it, the connection's next requests wait.</summary>
    public long ConnectionBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// How much of it may be objects that requests and answers have become: all that is not in frames. The collector has to look at each of them, and everybody waits for it.
    /// </summary>
    public long ConnectionObjectBytes { get; init; } = 64 * 1024;

    /// <summary>What those of all connections hold; beyond it, every connection may hold <see cref="ConnectionBytesWhenFull"/> only.</summary>
    public long AllConnectionsBytes { get; init; } = 48 * 1024 * 1024;

    /// <summary>What a connection may hold while all of them together hold too much.</summary>
    public long ConnectionBytesWhenFull { get; init; } = 64 * 1024;

    // Connections and their deadlines

    /// <summary>Connections at a time; a further one is closed at once.</summary>
    public int Connections { get; init; } = 5_000;

    /// <summary><c>connections.max.idle.ms</c>: a connection on which nothing is sent, answered or waited for is closed.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a client may take to bring a request that it has begun.</summary>
    public TimeSpan HalfRequest { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client may go without taking a byte of an answer that is being sent.</summary>
    public TimeSpan UntakenAnswer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The same two while memory is short: then, of the connections that hold more than <see cref="ConnectionBytesWhenFull"/> and have been at one request or answer for so
    /// long, the one that holds the most is closed.
    /// </summary>
    public TimeSpan WhenMemoryIsShort { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>From the connection's start until TLS has begun and, where there are users, the client has said who it is.</summary>
    public TimeSpan Authentication { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary><c>connection.failed.authentication.delay.ms</c>: before a refusal is sent; twice as long for each further refusal of the same address.</summary>
    public TimeSpan RefusalDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest that a refusal is held back.</summary>
    public TimeSpan LongestRefusalDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a fetch waits at most, whatever it asks for.</summary>
    public TimeSpan FetchWait { get; init; } = TimeSpan.FromMinutes(5);
}
