using CrashStreams.Processing;

namespace CrashStreams.Engine;

/// <summary>
/// The periodic callbacks of one task. Kafka Streams' rule: on stream time the first tick comes with the first record, on the wall clock one
/// interval after the schedule was made; then on the grid of the interval, and ticks that were missed are skipped. The watermark ticks like stream time, when the task's clock has moved.
/// </summary>
internal sealed class Punctuations
{
    private readonly List<Ticks> _schedules = [];

    public bool HasStreamTime { get; private set; }

    public bool HasWatermark { get; private set; }

    public bool IsEmpty => _schedules.Count == 0;

    public IDisposable Schedule(TimeSpan interval, PunctuationType type, Action<long> callback, long wallClock)
    {
        var intervalMs = (long)interval.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(intervalMs, 1, nameof(interval));
        if (!Enum.IsDefined(type))
            throw new ArgumentOutOfRangeException(nameof(type), $"{type} is no time: {string.Join(", ", Enum.GetNames<PunctuationType>())}.");
        HasStreamTime |= type == PunctuationType.StreamTime;
        HasWatermark |= type == PunctuationType.Watermark;
        var schedule = new Ticks(this, intervalMs, type, callback) { NextMs = type == PunctuationType.WallClock ? wallClock + intervalMs : 0 };
        _schedules.Add(schedule);
        return schedule;
    }

    /// <summary>Asked for each record and poll, so it allocates nothing.</summary>
    public bool AnyDue(PunctuationType type, long now)
    {
        foreach (var schedule in _schedules)
        {
            if (schedule.Type == type && now >= schedule.NextMs)
                return true;
        }

        return false;
    }

    /// <summary>Runs what is due.</summary>
    public void Run(PunctuationType type, long now, Action<long> before)
    {
        for (var i = 0; i < _schedules.Count; i++)
        {
            var schedule = _schedules[i];
            if (schedule.Type != type || now < schedule.NextMs)
                continue;
            schedule.SkipMissed(now);
            before(now);
            schedule.Callback(now);
        }
    }

    private sealed class Ticks(Punctuations owner, long intervalMs, PunctuationType type, Action<long> callback) : IDisposable
    {
        public PunctuationType Type => type;

        public Action<long> Callback => callback;

        public long NextMs { get; set; }

        public void SkipMissed(long now) => NextMs += ((now - NextMs) / intervalMs * intervalMs) + intervalMs;

        public void Dispose() => owner._schedules.Remove(this);
    }
}
