namespace CrashStreams.Time;

/// <summary>
/// What a partition of a repartition topic tells of the tasks that write to it: the last marker of each. Until every one of them has been
/// heard the minimum is unknown.
/// </summary>
internal sealed class UpstreamClock(int upstreamTasks) : InputClock
{
    private readonly (long Watermark, bool IsIdle)[] _upstream = Enumerable.Repeat((TaskClock.Unknown, false), upstreamTasks).ToArray();
    private (long Watermark, bool IsIdle) _combined = (TaskClock.Unknown, false);

    public override long Watermark => _combined.Watermark;

    public override bool IsIdle => _combined.IsIdle;

    public IReadOnlyList<(long Watermark, bool IsIdle)> Upstream => _upstream;

    /// <summary>Notes a marker. A repeated or older one (a replay after a crash) changes nothing; an upstream partition added later is taken in.</summary>
    public void Hear(in WatermarkMarker marker)
    {
        if ((uint)marker.Partition >= (uint)_upstream.Length)
            return;
        ref var known = ref _upstream[marker.Partition];
        known = (Math.Max(known.Watermark, marker.Watermark), marker.IsIdle);
        _combined = Combine(_upstream);
    }
}
