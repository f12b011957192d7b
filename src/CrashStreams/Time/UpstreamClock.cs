namespace CrashStreams.Time;

/// <summary>
/// What a partition of a repartition topic tells of the tasks that write to it: the last marker of each. Until every one of them has been
/// heard the minimum is unknown.
/// </summary>
internal sealed class UpstreamClock : InputClock
{
    private readonly IReadOnlyList<bool> _tell;
    private readonly long[] _watermarks;
    private readonly bool[] _areIdle;

    // Null while each writer's floor is its watermark, as it is where tasks have one input: a thousand readers of a thousand writers keep a million of everything.
    private long[]? _floors;
    private Progress _combined = Progress.Unknown;
    private bool _isStale;

    // Writers that were idle are waited for again.
    private bool _isWaking;
    private long _wokenMs;

    /// <param name="upstream">The tasks, by their numbers: false for one that tells nothing and is not waited for.</param>
    public UpstreamClock(IReadOnlyList<bool> upstream)
    {
        _tell = upstream;
        _watermarks = new long[upstream.Count];
        Array.Fill(_watermarks, TaskClock.Unknown);
        _areIdle = [.. upstream.Select(static tells => !tells)];
        if (_areIdle.Contains(true))
            _floors = [.. upstream.Select(static tells => tells ? TaskClock.Unknown : long.MaxValue)];
    }

    public UpstreamClock(int upstreamTasks)
        : this(Enumerable.Repeat(true, upstreamTasks).ToArray())
    {
    }

    /// <summary>Worked out when it is asked for: once per turn of the thread, not once per marker.</summary>
    public override Progress Progress
    {
        get
        {
            if (_isStale)
                _combined = Combine();
            _isStale = false;
            return _combined;
        }
    }

    public int Writers => _watermarks.Length;

    /// <summary>What a writer has passed for certain.</summary>
    public long FloorOf(int writer) => (_floors ?? _watermarks)[writer];

    /// <summary>Notes what a thread tells of its tasks.</summary>
    public void Hear(MarkerList markers)
    {
        foreach (var marker in markers)
            Hear(marker);
    }

    /// <summary>Notes a marker. A repeated or older one (a replay after a crash) changes nothing.</summary>
    public void Hear(in WatermarkMarker marker)
    {
        var writer = marker.Partition;
        if ((uint)writer >= (uint)_watermarks.Length || !_tell[writer])
            return;
        var (watermark, floor) = (Math.Max(_watermarks[writer], marker.Watermark), Math.Max(FloorOf(writer), marker.Floor));
        if (floor != watermark)
            _floors ??= [.. _watermarks];
        _watermarks[writer] = watermark;
        _areIdle[writer] = marker.IsIdle;
        if (_floors is not null)
            _floors[writer] = floor;
        _isStale = true;
    }

    public override void Wake(long nowMs) => (_isWaking, _wokenMs, _isStale) = (true, nowMs, true);

    /// <summary>Writers that have not woken with the others in time are idle as before.</summary>
    public void UpdateIdleness(long nowMs, long idleAfterMs)
    {
        if (!_isWaking)
            return;
        _wokenMs = Math.Min(_wokenMs, nowMs);
        if (nowMs - _wokenMs >= idleAfterMs)
            (_isWaking, _isStale) = (false, true);
    }

    private Progress Combine()
    {
        var all = new CombinedProgress();
        for (var i = 0; i < _watermarks.Length; i++)
            all.Add(new(_watermarks[i], _areIdle[i] && !(_isWaking && _tell[i]), FloorOf(i)));
        return all.Result;
    }
}
