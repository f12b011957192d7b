namespace CrashStreams.Broker.Fetching;

/// <summary>
/// KIP-227: the broker remembers what a client reads, so that later requests name only what has changed and answers only
/// partitions with news.
/// </summary>
internal sealed class FetchSession(int id, string? owner)
{
    public int Id => id;

    /// <summary>The user who has begun it; nobody else has it. Null where nobody has to authenticate.</summary>
    public string? Owner => owner;

    /// <summary>The epoch that the next request must carry.</summary>
    public int NextEpoch { get; private set; } = 1;

    public long LastUsedMs { get; set; }

    public FetchTargets Targets { get; } = new();

    /// <summary>Epochs grow by 1 and wrap to 1; 0 and -1 have meanings of their own.</summary>
    public void Advance() => NextEpoch = NextEpoch == int.MaxValue ? 1 : NextEpoch + 1;
}
