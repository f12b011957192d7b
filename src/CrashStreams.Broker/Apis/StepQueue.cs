using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// Long requests, in turns: one of them goes on for a few milliseconds, then all other requests are served for three times as long, then the next goes on. However many there are, they
/// have a quarter of the loop's time together. While memory is short, the one in front goes on until it has its answer: many half-made answers would hold more than a few whole ones.
/// </summary>
internal sealed class StepQueue(Timers timers)
{
    private const int PauseFactor = 3;

    private readonly LinkedList<IStepwise> _waiting = [];
    private IStepwise? _current;
    private bool _isScheduled;

    /// <summary>For how long a request may go on at a time.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(5);

    /// <summary>Whether connections hold more than they may.</summary>
    public Func<bool> IsMemoryShort { get; set; } = () => false;

    public void Add(IStepwise request)
    {
        if (request == _current && IsMemoryShort())
            _waiting.AddFirst(request);
        else
            _waiting.AddLast(request);
        Schedule(1);
    }

    private void Schedule(long afterMs)
    {
        if (_isScheduled || _waiting.Count == 0)
            return;
        _isScheduled = true;
        timers.Schedule(timers.NowMs + afterMs, RunNext);
    }

    private void RunNext()
    {
        _isScheduled = false;
        var started = timers.Timestamp;
        try
        {
            _current = _waiting.First!.Value;
            _waiting.RemoveFirst();
            _current.Continue();
        }
        finally
        {
            _current = null;
            Schedule(1 + PauseFactor * (long)timers.Elapsed(started).TotalMilliseconds);
        }
    }
}

/// <summary>A request that goes on in turns, and comes back to the queue when it has not ended.</summary>
internal interface IStepwise
{
    void Continue();
}
