namespace CrashStreams.Telemetry;

/// <summary>What a stream thread spends its time with. The thread takes the time between the steps of its turns; collectors read.</summary>
internal sealed class ThreadTime(TimeProvider time)
{
    private long _pollTicks;
    private long _processTicks;
    private long _otherTicks;
    private long _commitTicks;
    private long _lapBegan;
    private long _lapCommits;

    /// <summary>Seconds in which the thread waited for records and got them.</summary>
    public double PollSeconds => Seconds(ref _pollTicks);

    public double ProcessSeconds => Seconds(ref _processTicks);

    public double CommitSeconds => Seconds(ref _commitTicks);

    /// <summary>Restores, clocks, queries, membership.</summary>
    public double OtherSeconds => Seconds(ref _otherTicks);

    /// <summary>From now on time counts.</summary>
    public void Begin() => Lap();

    /// <summary>The time since the last step went into a poll. Answers how much it was.</summary>
    public TimeSpan Polled()
    {
        var ticks = Lap();
        _pollTicks += ticks;
        return time.GetElapsedTime(0, ticks);
    }

    public void Processed() => _processTicks += Lap();

    public void DidOther() => _otherTicks += Lap();

    /// <summary>A commit took so long. It may come within any step, whose own time it is not.</summary>
    public void Committed(long ticks) => _commitTicks += ticks;

    private long Lap()
    {
        var now = time.GetTimestamp();
        var ticks = now - _lapBegan - (_commitTicks - _lapCommits);
        (_lapBegan, _lapCommits) = (now, _commitTicks);
        return ticks;
    }

    private double Seconds(ref long ticks) => Volatile.Read(ref ticks) / (double)time.TimestampFrequency;
}
