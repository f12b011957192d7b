using System.Diagnostics;
using CrashStreams.Broker.Loop;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Broker.Tests.Loop;

public class BrokerLoopTests
{
    [Fact]
    public async Task At_most_one_thread_is_in_the_loop_and_everything_posted_runs()
    {
        const int Posters = 4;
        const int Posts = 50_000;
        using var loop = new BrokerLoop(new Timers(TimeProvider.System), TimeProvider.System, NullLogger.Instance, new LoopWatchdog(TimeSpan.FromSeconds(1), NullLogger.Instance));
        var inside = 0;
        var overlaps = 0;
        var ran = 0;
        await Task.WhenAll(Enumerable.Range(0, Posters).Select(poster => Task.Run(() =>
        {
            for (var i = 0; i < Posts; i++)
            {
                var item = new LoopAction(() =>
                {
                    if (Interlocked.Increment(ref inside) != 1)
                        Interlocked.Increment(ref overlaps);
                    ran++;
                    Thread.SpinWait(20);
                    Interlocked.Decrement(ref inside);
                });
                if (poster % 2 == 0)
                {
                    loop.Post(item);
                }
                else
                {
                    loop.Enqueue(item);
                    loop.RunPosted();
                }
                // The loop comes to rest again and again: its going idle is where two threads could meet.
                Thread.SpinWait(i % 100);
            }
        })));
        Clients.Client.Until(() => Volatile.Read(ref ran) == Posters * Posts);
        overlaps.Should().Be(0);
    }

    [Fact]
    public void Long_work_leaves_three_quarters_of_the_time_to_the_rest_and_all_of_it_is_done()
    {
        using var loop = new BrokerLoop(new Timers(TimeProvider.System), TimeProvider.System, NullLogger.Instance, new LoopWatchdog(TimeSpan.FromSeconds(1), NullLogger.Instance));
        var began = Stopwatch.StartNew();
        var done = 0;
        for (var i = 0; i < 5; i++)
            loop.Post(new LongWork(() =>
            {
                var start = ThreadClock.Nanoseconds;
                while (ThreadClock.Nanoseconds - start < 20_000_000)
                {
                }
                Interlocked.Increment(ref done);
            }));

        Clients.Client.Until(() => Volatile.Read(ref done) == 5);

        began.Elapsed.Should().BeGreaterThan(TimeSpan.FromMilliseconds(5 * 20 + 4 * 60));
    }

    private sealed class LongWork(Action work) : ILoopItem
    {
        public string? Description => null;

        public LoopLane Lane() => LoopLane.Paced;

        public void Run() => work();
    }

    /// <summary>A timer of the system counts ticks, the clock does not; the one can be a millisecond ahead of the other.</summary>
    [Fact]
    public async Task A_timer_that_fires_early_is_set_again()
    {
        var time = new EarlyTime();
        var timers = new Timers(time);
        using var loop = new BrokerLoop(timers, time, NullLogger.Instance, new LoopWatchdog(TimeSpan.FromSeconds(1), NullLogger.Instance));
        var hasRun = false;
        await loop.InvokeAsync(() => timers.Schedule(time.NowMs + 1000, () => hasRun = true));

        time.NowMs += 999;
        time.Fire();
        await loop.InvokeAsync(() => 0);
        hasRun.Should().BeFalse();
        time.NowMs += 1;
        time.Fire();
        // Timers run at the end of the turn, after the work that was posted.
        Clients.Client.Until(() => hasRun);
    }

    /// <summary>A clock set by hand, with one timer that fires when it is told to, if it is armed.</summary>
    private sealed class EarlyTime : TimeProvider, ITimer
    {
        private TimerCallback _callback = _ => { };
        private volatile bool _isArmed;

        public long NowMs { get; set; } = 1_700_000_000_000;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _callback = callback;
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _isArmed = dueTime != Timeout.InfiniteTimeSpan;

        public void Fire()
        {
            // The loop asks for its wake-up at the end of a turn, which is after the work in it was done.
            Clients.Client.Until(() => _isArmed);
            _isArmed = false;
            _callback(null);
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
