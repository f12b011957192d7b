namespace CrashStreams.Samples.AdCampaigns.Load;

/// <summary>When events come.</summary>
internal enum Arrivals
{
    /// <summary>At random, independent of each other: exponential times between them.</summary>
    Poisson,

    /// <summary>In bursts: a Poisson process that changes between a calm and a busy rate at random (Markov-modulated, two states).</summary>
    Mmpp,

    /// <summary>At equal times.</summary>
    Uniform,
}

/// <summary>What is generated.</summary>
internal sealed record CampaignLoad
{
    public Arrivals Arrivals { get; init; } = Arrivals.Poisson;

    public int Producers { get; init; } = 2;

    /// <summary>Events of each producer.</summary>
    public int Count { get; init; } = 20_000;

    /// <summary>How long each producer takes for them.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Event time of the first event. With null, events happen when they are sent.</summary>
    public DateTimeOffset? Start { get; init; }

    public double MalformedShare { get; init; } = 0.001;

    public int Seed { get; init; } = 1;
}
