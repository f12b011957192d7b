using System.Runtime.CompilerServices;

namespace CrashStreams.Engine;

/// <summary>
/// How long a turn may process records before its other steps get theirs. A timer rings at the end of the slice and the thread asks after each record whether it has: a
/// read of a field. Then it looks at the clock. See docs/decisions/turns-are-bounded-by-time.md.
/// </summary>
internal sealed class TurnPace : IDisposable
{
    /// <summary>How long records are processed without a break. Commits, markers, punctuation and queries wait for so long at most, plus one record.</summary>
    public const long SliceMs = 50;

    // The pool's threads, on which timers ring, may all be blocked by a user's code. A look takes about 40 ns and a fast record 100: a tenth of a percent.
    private const int MostRecords = 256;

    private readonly TimeProvider _time;
    private readonly Func<long, long, bool> _isOver;
    private readonly ITimer _timer;
    private int _left = MostRecords;
    private long _beganMs;
    private long _lastMs;

    // Written by the timer's thread.
    private volatile bool _hasRung;

    /// <param name="time">The wall clock.</param>
    /// <param name="isOver">Asked at each look, with the time and the time since the last one: whether another step can't wait.</param>
    public TurnPace(TimeProvider time, Func<long, long, bool> isOver)
    {
        (_time, _isOver) = (time, isOver);
        _timer = time.CreateTimer(static pace => ((TurnPace)pace!)._hasRung = true, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the turn's time is up.</summary>
    public bool IsUp { get; private set; }

    /// <summary>From now on the time between looks counts. Answers the time.</summary>
    public long Start() => _lastMs = NowMs();

    /// <summary>A turn begins to process records. Answers the time.</summary>
    /// <param name="hasRecords">Whether there are any.</param>
    public long Begin(bool hasRecords)
    {
        LookNow();
        IsUp = _hasRung = false;
        _left = MostRecords;
        _beganMs = _lastMs;
        if (hasRecords)
            Ring(SliceMs);
        return _lastMs;
    }

    /// <summary>Called after each record: whether the other steps are to have their turn now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOver() => IsOver(1);

    /// <summary>The same after several records, of which none but the first is processed while <see cref="HasRung"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOver(int records) => IsUp || (((_left -= records) <= 0 || _hasRung) && Look());

    /// <summary>How many records may be processed before the next call of <see cref="IsOver(int)"/>.</summary>
    public int UntilNextLook => IsUp ? 1 : _left;

    /// <summary>Whether the slice is over by the timer.</summary>
    public bool HasRung => _hasRung;

    /// <summary>Looks at the clock behind a step that may have taken long. Answers the time.</summary>
    public long LookNow()
    {
        Look();
        return _lastMs;
    }

    public void Dispose() => _timer.Dispose();

    private bool Look()
    {
        var now = NowMs();
        var sinceMs = now - _lastMs;
        _lastMs = now;
        _left = MostRecords;
        // A clock that was set back tells nothing about how long the slice has lasted.
        IsUp = _isOver(now, sinceMs) || now - _beganMs is < 0 or >= SliceMs;
        // It was the last turn's, or a millisecond early.
        if (_hasRung && !IsUp)
            Ring(Math.Max(1, SliceMs - (now - _beganMs)));
        return IsUp;
    }

    private void Ring(long afterMs)
    {
        _hasRung = false;
        _timer.Change(TimeSpan.FromMilliseconds(afterMs), Timeout.InfiniteTimeSpan);
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
