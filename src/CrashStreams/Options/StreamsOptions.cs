using System.Diagnostics.CodeAnalysis;

namespace CrashStreams;

/// <summary>How an application runs its topology. Settings that belong together are in groups: <see cref="Delivery"/>, <see cref="Time"/>, <see cref="Faults"/>, <see cref="State"/>.</summary>
/// <example><code>new StreamsOptions { ApplicationId = "counts", Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce } }</code></example>
public sealed record StreamsOptions
{
    /// <summary>The defaults.</summary>
    public StreamsOptions()
    {
    }

    // A copy has groups of its own, so that changing one does not change the other.
    [SetsRequiredMembers]
    private StreamsOptions(StreamsOptions original)
    {
        ApplicationId = original.ApplicationId;
        Threads = original.Threads;
        HostInfo = original.HostInfo;
        ReplicationFactor = original.ReplicationFactor;
        RepartitionPurgeInterval = original.RepartitionPurgeInterval;
        ConnectTimeout = original.ConnectTimeout;
        PollWait = original.PollWait;
        Delivery = original.Delivery with { };
        Time = original.Time with { };
        Faults = original.Faults with { };
        State = original.State with { };
        GivenBlindAfter = original.GivenBlindAfter;
        DeletedAfter = original.DeletedAfter;
        StuckAfter = original.StuckAfter;
    }

    private const int MostThreads = 1000;

    /// <summary>Names the consumer group, the internal topics and the changelogs. Instances with the same id share the work.</summary>
    public required string ApplicationId { get; set; }

    /// <summary>Threads of this instance, each with its own consumer and tasks, 1 to 1,000; 1 by default.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>
    /// How others reach this instance, for example <c>host:port</c>: announced to the application's other instances, so that each knows which one holds a key
    /// (<see cref="StreamsApplication.Find"/>). Null (default): not announced. One line; the library opens no port.
    /// </summary>
    public string? HostInfo { get; set; }

    /// <summary>Copies of the internal topics' partitions; -1 (default): the broker's default.</summary>
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>How often processed records of the application's repartition topics, and expired windows in its changelogs, are deleted; 30 s by default, as in Kafka Streams.</summary>
    public TimeSpan RepartitionPurgeInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the log may be out of reach, at the start or later, before the application fails with the reason; null (default): it waits, and reports what for.
    /// A wrong password or a missing permission counts as out of reach: an administrator can correct it while the application waits.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>How long one poll waits for records when there is nothing else to do; 100 ms by default.</summary>
    public TimeSpan PollWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What is read, what a crash may do to results, and how often they are committed.</summary>
    public DeliveryOptions Delivery { get; set => field = NotNull(value); } = new();

    /// <summary>Event time: the clock, and what happens to late records.</summary>
    public TimeOptions Time { get; set => field = NotNull(value); } = new();

    /// <summary>What happens to records that can't be processed.</summary>
    public FaultOptions Faults { get; set => field = NotNull(value); } = new();

    /// <summary>Where stores are kept, and how they move between instances.</summary>
    public StateOptions State { get; set => field = NotNull(value); } = new();

    /// <summary>Whether the instances know of each other: to find keys, to plan warm copies, or to end the transactions of those that are lost.</summary>
    internal bool HasDirectory => HostInfo is not null || State.StandbyReplicas > 0 || Delivery.IsExactlyOnce;

    /// <summary>
    /// A thread that did not get to run for longer (a suspended process or machine) knows nothing about the ends of its inputs until it has
    /// fetched again: what it remembers says "caught up".
    /// </summary>
    internal TimeSpan BlindAfter
    {
        get => GivenBlindAfter ?? TimeSpan.FromTicks(Math.Min(PollWait.Ticks, TimeSpan.MaxValue.Ticks / 2) + Math.Min(TimeSpan.TicksPerSecond, Time.IdleAfter.Ticks / 4));
        init => GivenBlindAfter = value;
    }

    /// <summary>A topic that all requests miss for so long was deleted. Until then a broker's metadata may lag behind, or the topic is being recreated.</summary>
    internal TimeSpan DeletedAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A transaction that was not written to for so long is reported to those who wait for it; this library's own end within seconds.</summary>
    internal TimeSpan StuckAfter { get; init; } = TimeSpan.FromMinutes(1);

    private TimeSpan? GivenBlindAfter { get; init; }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="TopologyException">A setting is wrong; the message lists all that are, each with its path and what it may be.</exception>
    public void Validate()
    {
        List<string> faults = [.. Check(), .. In(nameof(Delivery), Delivery.Check()), .. In(nameof(Time), Time.Check()), .. In(nameof(Faults), Faults.Check()), .. In(nameof(State), State.Check())];
        if (faults.Count > 0)
            throw new TopologyException($"The options have {faults.Count} fault(s):{string.Concat(faults.Select(f => $"\n - {f}"))}");
    }

    private static IEnumerable<string> In(string group, IEnumerable<string> faults) => faults.Select(fault => $"{group}.{fault}");

    private static T NotNull<T>(T? value)
        where T : class => value ?? throw new ArgumentNullException(nameof(value), "A group of options can't be null: leave it out for the defaults.");

    private IEnumerable<string> Check()
    {
        if (string.IsNullOrWhiteSpace(ApplicationId) || ApplicationId.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')))
            yield return $"{nameof(ApplicationId)} '{ApplicationId}': use ASCII letters, digits, '.', '_' and '-': it becomes part of topic names.";
        if (Threads is < 1 or > MostThreads)
            yield return $"{nameof(Threads)} is {Threads}: choose 1 to {MostThreads}; more than the machine has cores seldom help.";
        if (HostInfo is not null && (HostInfo.Length == 0 || HostInfo.Contains('\n')))
            yield return $"{nameof(HostInfo)}: one line of text that is not empty.";
        if (ReplicationFactor is not (-1 or > 0))
            yield return $"{nameof(ReplicationFactor)} is {ReplicationFactor}: at least 1, or -1 for the broker's default.";
        if (RepartitionPurgeInterval <= TimeSpan.Zero)
            yield return $"{nameof(RepartitionPurgeInterval)} is {RepartitionPurgeInterval}: more than zero.";
        if (ConnectTimeout <= TimeSpan.Zero)
            yield return $"{nameof(ConnectTimeout)} is {ConnectTimeout}: more than zero, or null to wait for ever.";
        if (PollWait < TimeSpan.Zero)
            yield return $"{nameof(PollWait)} is {PollWait}: not negative.";
    }
}
