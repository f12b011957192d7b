namespace CrashStreams.Engine;

/// <summary>
/// How long a turn may process records before its other steps get theirs: the clock is looked at every so many records, as often as keeps looks some milliseconds apart where
/// records are slow and costs nothing where they are fast. After a slow record it is looked at again at once.
/// </summary>
/// <param name="nowMs">The wall clock.</param>
/// <param name="isOver">Asked at each look, with the time and the time since the last one: whether another step can't wait.</param>
internal sealed class TurnPace(Func<long> nowMs, Func<long, long, bool> isOver)
{
    /// <summary>How long records are processed without a break. Markers, punctuation and queries wait for so long at most, plus one record.</summary>
    public const long SliceMs = 50;

    // A fast record takes some 100 ns and a look about 40 ns: a third of a percent. If all records suddenly become slow, so many are processed before it is noticed.
    private const int MostRecords = 128;

    private int _left = 1;
    private int _every = 1;
    private long _beganMs;
    private long _lastMs;
    private bool _isOver;

    /// <summary>From now on the time between looks counts. Answers the time.</summary>
    public long Start() => _lastMs = nowMs();

    /// <summary>A turn begins to process records. Answers the time.</summary>
    public long Begin()
    {
        LookNow();
        _isOver = false;
        _beganMs = _lastMs;
        return _lastMs;
    }

    /// <summary>Whether the turn's time was up at the last look.</summary>
    public bool IsUp => _isOver;

    /// <summary>Called after each record: whether the other steps are to have their turn now.</summary>
    public bool IsOver() => _isOver || (--_left <= 0 && Look());

    /// <summary>Looks at the clock behind a step that may have taken long. Answers the time.</summary>
    public long LookNow()
    {
        Look();
        return _lastMs;
    }

    private bool Look()
    {
        var now = nowMs();
        var sinceMs = now - _lastMs;
        _lastMs = now;
        if (sinceMs <= 0)
            _every = Math.Min(MostRecords, _every * 2);
        else if (sinceMs > 4)
            _every = (int)Math.Max(1, _every * 2 / sinceMs);
        _left = _every;
        return _isOver = isOver(now, sinceMs) || now - _beganMs >= SliceMs;
    }
}
