namespace CrashStreams;

/// <summary>In which order results of asynchronous calls are forwarded.</summary>
public enum AsyncOrder
{
    /// <summary>Results of records with the same key in the order of the records.</summary>
    PerKey,

    /// <summary>Each as soon as it is there.</summary>
    None,
}

/// <summary>How <c>MapAsync</c> calls.</summary>
public sealed record AsyncCalls
{
    private readonly int _maxConcurrency = 64;
    private readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    /// <summary>The most calls of one task that are under way at once; 64 by default, at least one. The task takes no further record while there are so many.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
    public int MaxConcurrency
    {
        get => _maxConcurrency;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaxConcurrency));
            _maxConcurrency = value;
        }
    }

    /// <summary>
    /// How long a call may take: 30 seconds by default. One that takes longer is a processing fault, and its token is cancelled. A commit waits for calls, so it must be well below the client's
    /// <c>max.poll.interval.ms</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one millisecond.</exception>
    public TimeSpan Timeout
    {
        get => _timeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromMilliseconds(1), nameof(Timeout));
            _timeout = value;
        }
    }

    /// <summary>By default results keep their order per key.</summary>
    public AsyncOrder Order { get; init; } = AsyncOrder.PerKey;
}
