namespace CrashStreams.Time;

/// <summary>
/// Several inputs together, one after the other. When all are idle nothing more is to be waited for: the watermark is their maximum then, whichever of them fell
/// idle first.
/// </summary>
internal struct CombinedProgress()
{
    private long _lowest = long.MaxValue;
    private long _highest = TaskClock.Unknown;
    private long _floor = long.MaxValue;
    private bool _isIdle = true;

    public readonly Progress Result => new(_isIdle ? _highest : _lowest, _isIdle, _floor);

    public void Add(in Progress input)
    {
        _highest = Math.Max(_highest, input.Watermark);
        _floor = Math.Min(_floor, input.Floor);
        if (input.IsIdle)
            return;
        _isIdle = false;
        _lowest = Math.Min(_lowest, input.Watermark);
    }
}
