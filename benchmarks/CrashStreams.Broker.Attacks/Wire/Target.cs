namespace CrashStreams.Broker.Attacks.Wire;

/// <summary>The broker that is attacked.</summary>
/// <param name="Port">On the loopback.</param>
/// <param name="Password">Of <see cref="User"/>; null where nobody has to authenticate.</param>
internal sealed record Target(int Port, string? Password = null)
{
    public const string User = "user";

    /// <summary>A topic with one partition.</summary>
    public const string Narrow = "narrow";

    /// <summary>A topic with many partitions.</summary>
    public const string Wide = "wide";

    /// <summary>How many partitions the wide one has.</summary>
    public int WidePartitions { get; init; } = 2_000;
}
