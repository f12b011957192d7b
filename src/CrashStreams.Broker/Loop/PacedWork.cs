using System.Diagnostics;

namespace CrashStreams.Broker.Loop;

/// <summary>
/// Work that takes long, one piece after the other, with pauses in which everything else goes on: a client that asks again and again for what takes long is not to make the others
/// wait each time. Belongs to the loop.
/// </summary>
/// <param name="wake">Called from any thread when the pause is over.</param>
internal sealed class PacedWork(Action wake) : IDisposable
{
    /// <summary>A pause is so many times as long as the piece before it took of the processor's time: all of it together has a quarter of the loop's.</summary>
    private const int PauseFactor = 3;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(150);

    private readonly Queue<ILoopItem> _waiting = new();
    private readonly Timer _pauseOver = new(_ => wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // of the system: it paces processor time
    private long _next; // Stopwatch timestamp
    private bool _hasPauses = true;

    public bool IsDue => _waiting.Count > 0 && (!_hasPauses || Stopwatch.GetTimestamp() >= _next);

    public void Add(ILoopItem item) => _waiting.Enqueue(item);

    /// <summary>Runs the next piece if the pause is over.</summary>
    public void Run(Action<ILoopItem> run)
    {
        if (!IsDue)
            return;
        var began = ThreadClock.Nanoseconds;
        run(_waiting.Dequeue());
        var pause = PauseFactor * new TimeSpan((ThreadClock.Nanoseconds - began) / TimeSpan.NanosecondsPerTick);
        pause = pause < s_longestPause ? pause : s_longestPause;
        _next = Stopwatch.GetTimestamp() + (long)(pause.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>To be called before the loop goes idle.</summary>
    public void WakeWhenDue()
    {
        if (_waiting.Count > 0)
            _pauseOver.Change(TimeSpan.FromMilliseconds(1 + Math.Max(0, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _next).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    /// <summary>To be called when the loop stops: nobody is to wait in vain.</summary>
    public void EndPauses() => _hasPauses = false;

    public void Dispose() => _pauseOver.Dispose();
}
