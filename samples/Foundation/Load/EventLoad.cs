namespace CrashStreams.Samples.Load;

/// <summary>What is generated.</summary>
internal sealed record EventLoad
{
    /// <summary>Events per second of event time.</summary>
    public double Rate { get; init; } = 1000;

    public long Count { get; init; } = 600_000;

    /// <summary>Seconds of event time per second; 0: as fast as possible.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Event time of the first event.</summary>
    public DateTimeOffset Start { get; init; }

    public double OutOfOrderShare { get; init; } = 0.05;

    /// <summary>The most by which an event out of order is older than the one before.</summary>
    public TimeSpan OutOfOrderBy { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Share of events that are later than results wait for.</summary>
    public double LateShare { get; init; }

    /// <summary>The most by which a late event is older than the one before.</summary>
    public TimeSpan LateBy { get; init; } = TimeSpan.FromHours(1);

    public double MalformedShare { get; init; } = 0.001;

    /// <summary>Whether a user's events have the user as key.</summary>
    public bool Keyed { get; init; }

    public int Seed { get; init; } = 1;

    public TimeSpan Duration => TimeSpan.FromSeconds(Count / Rate);

    /// <summary>By how much an event is older than the one before.</summary>
    public TimeSpan Delay(Random random)
    {
        var share = random.NextDouble();
        return share < LateShare ? LateBy * random.NextDouble() : share < LateShare + OutOfOrderShare ? OutOfOrderBy * random.NextDouble() : TimeSpan.Zero;
    }
}
