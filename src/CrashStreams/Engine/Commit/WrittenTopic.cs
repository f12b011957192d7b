using CrashStreams.Log;
using CrashStreams.Telemetry;

namespace CrashStreams.Engine;

/// <summary>
/// What a thread knows of a topic that it writes: which records the topic refuses, and, after the broker has refused some that looked right, how to find them among
/// those that were sent with them. A broker refuses whole batches, and a transaction is lost with each, so the thread begins again and sends what it had sent in groups,
/// smaller after each refusal, until one record is left: that one is the fault policy's. See docs/decisions/refused-records-are-found-singly.md.
/// </summary>
internal sealed class WrittenTopic(string name, RecordCount count)
{
    // 4,096 records are searched with 64 flushes, a million in three more rounds.
    private const int Groups = 64;

    private const long FirstClosingMs = 10_000;
    private const long LongestClosingMs = 300_000;

    private readonly Dictionary<UInt128, string> _refused = [];
    private string? _closedFor;
    private long _closedUntilMs;
    private long _closingMs = FirstClosingMs;

    public string Name => name;

    /// <summary>What was sent to it.</summary>
    public RecordCount Count => count;

    public TopicLimits Limits { get; private set; } = TopicLimits.None;

    /// <summary>When the limits were asked for; long ago when they never were.</summary>
    public long LimitsAskedAtMs { get; private set; } = long.MinValue / 2;

    /// <summary>Whether the limits were asked for since they were last in doubt.</summary>
    public bool HasLimits => LimitsAskedAtMs > long.MinValue / 2;

    /// <summary>What the client has not been given yet, by partition; of repartition topics alone.</summary>
    public Pack[] Packs { get; set; } = [];

    /// <summary>Records since the last commit.</summary>
    public long Uncommitted { get; set; }

    /// <summary>How many of the records to come may be the refused one.</summary>
    public long Suspects { get; private set; }

    /// <summary>
    /// Whether records are sent in groups: from a refusal until the suspects and whatever came behind them are committed, so that each life of the thread gets further.
    /// </summary>
    public bool IsSearching { get; private set; }

    /// <summary>How many of them are sent between two flushes.</summary>
    public long GroupSize { get; private set; }

    /// <summary>Records since the last flush of a group.</summary>
    public long InGroup { get; set; }

    /// <summary>Whether records can't just be sent.</summary>
    public bool NeedsCare => IsSearching || _closedFor is not null || _refused.Count > 0;

    public void SetLimits(TopicLimits limits, long nowMs) => (Limits, LimitsAskedAtMs) = (limits, nowMs);

    /// <summary>Why the broker has refused a record before; null when it has not.</summary>
    public string? KnownRefusal(in LogRecord record, long nowMs)
    {
        if (_closedFor is not null)
        {
            if (nowMs < _closedUntilMs)
                return _closedFor;
            // One record shows whether the topic is open again.
            (_closedFor, Suspects, GroupSize, IsSearching) = (null, 1, 1, true);
        }

        return _refused.Count == 0 ? null : _refused.GetValueOrDefault(RecordHash.Of(in record));
    }

    /// <summary>A record was handed to the client that may be the refused one.</summary>
    public void SentSuspect()
    {
        Suspects = Math.Max(0, Suspects - 1);
        InGroup++;
    }

    /// <summary>What was sent is acknowledged.</summary>
    public void Flushed()
    {
        if (InGroup > 0)
            _closingMs = FirstClosingMs;
        InGroup = 0;
    }

    public void Committed()
    {
        Flushed();
        Uncommitted = 0;
        // What was known to be refused lies behind the committed offsets now.
        if (Suspects > 0)
            return;
        IsSearching = false;
        _refused.Clear();
    }

    /// <summary>The broker has refused a batch: the refused record is among those that were sent since the last flush. The thread begins again, with smaller groups.</summary>
    public void Suspect()
    {
        GroupSize = Math.Max(1, (InGroup > 0 ? InGroup : Uncommitted) / Groups);
        Suspects += Math.Max(1, Uncommitted);
        IsSearching = true;
        (Uncommitted, InGroup) = (0, 0);
        // The settings may have changed.
        LimitsAskedAtMs = long.MinValue / 2;
    }

    /// <summary>This very record is refused, and a transaction with it: the thread begins again and does not send it.</summary>
    public void Remember(in LogRecord record, string reason)
    {
        _refused[RecordHash.Of(in record)] = reason;
        Suspects += Uncommitted;
        (Uncommitted, InGroup) = (0, 0);
    }

    /// <summary>The broker refuses whatever is written to the topic. It is asked again after a while, later each time.</summary>
    public void CloseFor(string reason, long nowMs)
    {
        _closedFor = reason;
        _closedUntilMs = nowMs + _closingMs;
        _closingMs = Math.Min(LongestClosingMs, 2 * _closingMs);
        (Uncommitted, Suspects, InGroup, IsSearching) = (0, 0, 0, false);
    }

    /// <summary>The thread begins again from what is committed: what it had sent is sent once more.</summary>
    public void BeginAgain()
    {
        if (NeedsCare)
            Suspects += Uncommitted;
        (Uncommitted, InGroup) = (0, 0);
        Packs = [];
    }
}
