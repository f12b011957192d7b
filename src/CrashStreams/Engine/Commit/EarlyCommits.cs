namespace CrashStreams.Engine;

/// <summary>
/// Commits of transactions before their interval is over: when the inputs have run dry, nothing but the commit keeps results from their readers, who may be this thread's own next task behind a
/// shuffle. There is an allowance for them, which grows with time: several in a row after a pause, then one per interval where one is set. Where none is, there may be more than one per 100 ms, of
/// which each is followed by ten times its duration.
/// See docs/decisions/commits-by-need.md.
/// </summary>
internal sealed class EarlyCommits(DeliveryOptions options)
{
    /// <summary>A result behind three shuffles of one thread.</summary>
    internal const int Most = 4;

    // Whoever asks for fewer commits than there are by default gets them.
    private const double LongestIntervalMs = 100;

    // Without an interval commits may take a tenth of the time, as in a backlog.
    private const long TimeShare = 10;
    private const long ShortestIntervalMs = 10;

    private readonly bool _isOn = options.IsExactlyOnce && options.EffectiveCommitInterval.TotalMilliseconds <= LongestIntervalMs;
    private double _intervalMs = options.EffectiveCommitInterval.TotalMilliseconds;
    private double _allowance = Most;
    private long _lookedAtMs = long.MaxValue;

    public bool IsAllowed(long nowMs) => _isOn && AllowanceAt(nowMs) >= 1;

    /// <summary>There was a commit with something in it.</summary>
    /// <param name="nowMs">When it ended.</param>
    /// <param name="tookMs">How long it took.</param>
    public void Committed(long nowMs, long tookMs)
    {
        if (!_isOn)
            return;
        _allowance = Math.Max(0, AllowanceAt(nowMs) - 1);
        _lookedAtMs = nowMs;
        if (options.CommitInterval is null)
            _intervalMs = Math.Max(ShortestIntervalMs, TimeShare * tookMs);
    }

    // A clock that was set back tells nothing about how long ago that was.
    private double AllowanceAt(long nowMs) => Math.Min(Most, _allowance + (Math.Max(0, nowMs - _lookedAtMs) / _intervalMs));
}
