using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Loop;

/// <summary>
/// Runs everything that touches the broker's state, one piece after the other. It has no thread of its own: whoever posts to an idle
/// loop runs it (or lets the thread pool do so), and at most one thread is in it at any time. So a request costs no switch of
/// threads, and an idle broker costs nothing.
/// </summary>
internal sealed class BrokerLoop : IThreadPoolWorkItem, IDisposable
{
    private const int ItemsPerTurn = 256;
    private static readonly TimeSpan s_timePerThread = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_latePerTurn = TimeSpan.FromMilliseconds(1);

    private readonly ConcurrentQueue<ILoopItem> _inbox = new(); // shared: any thread posts
    private readonly Queue<ILoopItem> _late = new();
    private readonly PacedWork _paced;
    private readonly Timers _timers;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LoopWatchdog _watchdog;
    private readonly ITimer _wakeUp;
    private long _wakeUpMs = long.MaxValue;
    private long _nextLate; // Stopwatch timestamp
    private int _isRunning; // shared: 1 while a thread is in the loop or was asked to enter it
    private volatile bool _isStopped;

    public BrokerLoop(Timers timers, TimeProvider time, ILogger log, LoopWatchdog watchdog)
    {
        (_timers, _time, _log, _watchdog) = (timers, time, log, watchdog);
        _paced = new PacedWork(() => Post(new LoopAction(() => { })));
        _wakeUp = time.CreateTimer(_ => Post(new LoopAction(WokenUp)), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called at the end of each turn: what many requests of a turn share, such as waking fetches.</summary>
    public Action TurnEnded { get; set; } = () => { };

    /// <summary>Hands work to the loop; a thread of the pool runs it when the loop is idle.</summary>
    public void Post(ILoopItem item)
    {
        _inbox.Enqueue(item);
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Hands work to the loop without waking it: <see cref="RunPosted"/> follows.</summary>
    public void Enqueue(ILoopItem item) => _inbox.Enqueue(item);

    /// <summary>Runs what is posted on this thread, unless another one is at it.</summary>
    public void RunPosted()
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
            Execute();
    }

    /// <summary>Runs a function in the loop and waits for its result.</summary>
    public Task<T> InvokeAsync<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_isStopped)
            done.SetException(new ObjectDisposedException(nameof(EmbeddedBroker)));
        else
            Post(new LoopAction(() =>
            {
                try
                {
                    done.SetResult(function());
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            }));
        return done.Task;
    }

    public void Execute()
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
        {
            // A connection's thread runs the loop for a while, but has to get back to its own client, or to the sockets of all.
            if (Stopwatch.GetElapsedTime(started) > s_timePerThread)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
            RunTurn();
            if (!_inbox.IsEmpty || _late.Count > 0 || _paced.IsDue)
                continue;
            SetWakeUp();
            _paced.WakeWhenDue();
            Interlocked.Exchange(ref _isRunning, 0);
            // What was posted between the last look and the line above found the loop running: whoever sees it first goes on.
            if (_inbox.IsEmpty || Interlocked.Exchange(ref _isRunning, 1) != 0)
                return;
        }
    }

    /// <summary>Ends the timers; work that is posted later still runs, so that nobody waits in vain.</summary>
    public void Stop()
    {
        _isStopped = true;
        Post(new LoopAction(_paced.EndPauses));
    }

    public void Dispose()
    {
        _wakeUp.Dispose();
        _paced.Dispose();
        _watchdog.Dispose();
    }

    /// <summary>The timer runs on another clock and may be a little early; then it has to be set again for the same time.</summary>
    private void WokenUp() => _wakeUpMs = long.MaxValue;

    private void RunTurn()
    {
        for (var left = ItemsPerTurn; left > 0 && _inbox.TryDequeue(out var item); left--)
        {
            switch (item.Lane())
            {
                case LoopLane.InTurn:
                    Run(item);
                    break;
                case LoopLane.Late:
                    _late.Enqueue(item);
                    break;
                case LoopLane.Paced:
                    _paced.Add(item);
                    break;
            }
        }
        if (_late.Count > 0)
            RunLate();
        _paced.Run(Run);
        if (_isStopped)
            return;
        Guard("timers", _timers.RunDue);
        Guard("waking fetches", TurnEnded);
    }

    /// <summary>As long as the others have nothing to do; else one at a time, and again only when they have had four times as long.</summary>
    private void RunLate()
    {
        var started = Stopwatch.GetTimestamp();
        if (!_inbox.IsEmpty && started < _nextLate)
            return;
        do
            Run(_late.Dequeue());
        while (_late.Count > 0 && _inbox.IsEmpty && Stopwatch.GetElapsedTime(started) < s_latePerTurn);
        var ended = Stopwatch.GetTimestamp();
        _nextLate = ended + 4 * (ended - started);
    }

    private void SetWakeUp()
    {
        if (_isStopped)
            return;
        var dueMs = _timers.NextDueMs ?? long.MaxValue;
        if (dueMs == _wakeUpMs)
            return;
        _wakeUpMs = dueMs;
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        _wakeUp.Change(dueMs == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Clamp(dueMs - nowMs, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void Run(ILoopItem item)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            item.Run();
        }
        catch (Exception error)
        {
            // One request's fault must not end the service of all the others.
            _log.LogError(error, "A step of the broker's loop failed: {Step}", item.Description);
        }
        if (_watchdog.IsTooLong(started, out var elapsed) && item.Description is { } description)
            _watchdog.Report(description, elapsed, LogLevel.Warning);
    }

    private void Guard(string step, Action action)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            action();
        }
        catch (Exception error)
        {
            _log.LogError(error, "A step of the broker's loop failed: {Step}", step);
        }
        if (_watchdog.IsTooLong(started, out var elapsed))
            _watchdog.Report(step, elapsed, LogLevel.Information);
    }
}
