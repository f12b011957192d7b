using System.Diagnostics;

namespace CrashStreams.Broker.Server;

/// <summary>How much of a thread's time somebody has used beyond a share that he may have all the time.</summary>
internal struct UsedTime(double share)
{
    private TimeSpan _used;
    private long _usedAt; // Stopwatch timestamp

    public readonly bool Exceeds(TimeSpan most) => _used > most && _used - Earned > most;

    public void Add(TimeSpan time)
    {
        var earned = Earned;
        _used = (earned < _used ? _used - earned : TimeSpan.Zero) + time;
        _usedAt = Stopwatch.GetTimestamp();
    }

    private readonly TimeSpan Earned => Stopwatch.GetElapsedTime(_usedAt) * share;
}
