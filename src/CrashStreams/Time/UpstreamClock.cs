namespace CrashStreams.Time;

/// <summary>
/// What a partition of a repartition topic tells of the tasks that write to it: the last marker of each. Until every one of them has been
/// heard the minimum is unknown.
/// </summary>
/// <param name="upstream">The tasks, by their numbers: false for one that tells nothing and is not waited for.</param>
internal sealed class UpstreamClock(IReadOnlyList<bool> upstream) : InputClock
{
    private static readonly Progress _silent = new(TaskClock.Unknown, IsIdle: true, Floor: long.MaxValue);

    private readonly Progress[] _upstream = [.. upstream.Select(static tells => tells ? Progress.Unknown : _silent)];
    private Progress _combined = Progress.Unknown;
    private bool _isStale;

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
                _combined = Progress.Of(_upstream);
            _isStale = false;
            return _combined;
        }
    }

    public ReadOnlySpan<Progress> Upstream => _upstream;

    /// <summary>Notes what a thread tells of its tasks.</summary>
    public void Hear(MarkerList markers)
    {
        foreach (var marker in markers)
            Hear(marker);
    }

    /// <summary>Notes a marker. A repeated or older one (a replay after a crash) changes nothing.</summary>
    public void Hear(in WatermarkMarker marker)
    {
        if ((uint)marker.Partition >= (uint)_upstream.Length || !upstream[marker.Partition])
            return;
        ref var known = ref _upstream[marker.Partition];
        known = new(Math.Max(known.Watermark, marker.Watermark), marker.IsIdle, Math.Max(known.Floor, marker.Floor));
        _isStale = true;
    }
}
