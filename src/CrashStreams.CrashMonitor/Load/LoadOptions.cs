namespace CrashStreams.CrashMonitor;

/// <summary>What the load generator produces. The same options give the same records.</summary>
public sealed record LoadOptions
{
    /// <summary>Log lines per second of event time. Default 1000.</summary>
    public double Rate { get; init; } = 1000;

    /// <summary>How many lines in all. Default 60,000.</summary>
    public long Count { get; init; } = 60_000;

    /// <summary>Event time of the first line.</summary>
    public DateTimeOffset Start { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>Seconds of event time per second of wall clock; infinity sends as fast as possible. Default 1: live.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Number of users, from <c>user_1000</c> on. Default 1000.</summary>
    public int Users { get; init; } = 1000;

    /// <summary>Share of the lines that are severe crashes, 0 to 1. Default 0.25.</summary>
    public double MatchingShare { get; init; } = 0.25;

    /// <summary>Share of the lines that are out of order, 0 to 1. Default 0.</summary>
    public double OutOfOrderShare { get; init; }

    /// <summary>A line out of order is older than its place in the topic by up to this much. Default 5 s.</summary>
    public TimeSpan OutOfOrderSpread { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Share of the lines that are too late, 0 to 1. Default 0.</summary>
    public double LateShare { get; init; }

    /// <summary>A late line is older than its place by this much; more than window and grace together. Default 60 s.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether lines have their user as key; without a key, batches go round the partitions. Default: no key.</summary>
    public bool Keyed { get; init; }

    /// <summary>Lines in a row for one partition when there is no key. Default 50.</summary>
    public int Batch { get; init; } = 50;

    /// <summary>Number that all randomness comes from. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether <c>timestamp</c> is written in milliseconds. Default: seconds.</summary>
    public bool InMilliseconds { get; init; }

    /// <summary>Event time from the first to the last line.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Count / Rate);

    /// <summary>Throws with all that is wrong.</summary>
    /// <exception cref="ArgumentException">At least one option is not usable.</exception>
    public void Validate()
    {
        var faults = Faults().ToList();
        if (faults.Count > 0)
            throw new ArgumentException("The load can't be generated:\n- " + string.Join("\n- ", faults));
    }

    private IEnumerable<string> Faults()
    {
        if (!(Rate > 0 && double.IsFinite(Rate)))
            yield return $"{nameof(Rate)} is {Rate}: it must be above 0.";
        if (Count < 0)
            yield return $"{nameof(Count)} is {Count}: it must not be negative.";
        if (!(Speed > 0))
            yield return $"{nameof(Speed)} is {Speed}: it must be above 0.";
        if (Users < 1)
            yield return $"{nameof(Users)} is {Users}: there must be at least one.";
        if (Batch < 1)
            yield return $"{nameof(Batch)} is {Batch}: it must be at least 1.";
        foreach (var (name, share) in new[] { (nameof(MatchingShare), MatchingShare), (nameof(OutOfOrderShare), OutOfOrderShare), (nameof(LateShare), LateShare) })
        {
            if (!(share is >= 0 and <= 1))
                yield return $"{name} is {share}: a share lies between 0 and 1.";
        }

        if (OutOfOrderShare + LateShare > 1)
            yield return $"{nameof(OutOfOrderShare)} and {nameof(LateShare)} are more than 1 together.";
        if (OutOfOrderSpread < TimeSpan.Zero || LateBy < TimeSpan.Zero)
            yield return $"{nameof(OutOfOrderSpread)} and {nameof(LateBy)} must not be negative.";
        if (Start < DateTimeOffset.UnixEpoch)
            yield return $"{nameof(Start)} is {Start:O}: it must not lie before 1970.";
    }
}
