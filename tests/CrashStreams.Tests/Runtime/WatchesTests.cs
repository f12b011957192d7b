using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>What an application does beside its threads ends before the application does.</summary>
public sealed class WatchesTests
{
    [Fact]
    public async Task The_end_waits_for_what_runs_and_nothing_begins_after_it()
    {
        var watches = new Watches(static _ => { }, TimeProvider.System);
        var (watch, aside) = (new TaskCompletionSource(), new ManualResetEventSlim());
        watches.Begin(() => watch.Task);
        watches.RunAside(new PoolClients(), aside.Wait);

        var end = watches.EndAsync();
        end.IsCompleted.Should().BeFalse();
        watch.SetResult();
        end.IsCompleted.Should().BeFalse("a lost owner is still being fenced");
        aside.Set();
        await end.WaitAsync(TimeSpan.FromMinutes(1));

        var begun = 0;
        watches.Begin(() =>
        {
            begun++;
            return Task.CompletedTask;
        });
        watches.RunAside(new PoolClients(), () => begun++);
        begun.Should().Be(0);
    }

    [Fact]
    public async Task A_watch_that_does_not_end_holds_the_end_up_for_some_seconds_only()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        var watches = new Watches(static _ => { }, time);
        watches.Begin(static () => new TaskCompletionSource().Task);

        var end = watches.EndAsync();
        time.Advance(TimeSpan.FromSeconds(4));
        end.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(2));
        await end.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_fault_of_a_watch_is_known_before_the_end_and_one_that_was_cancelled_has_none()
    {
        var faults = new List<Exception>();
        var watches = new Watches(faults.Add, TimeProvider.System);
        watches.Begin(static () => throw new LogException("no permission"));
        watches.Begin(static () => Task.FromCanceled(new(true)));
        await watches.EndAsync();

        faults.Should().ContainSingle().Which.Message.Should().Be("no permission");
    }

    private sealed class PoolClients : ILogClients
    {
        public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) => throw new NotSupportedException();

        public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) => throw new NotSupportedException();

        public ILogProducer CreateProducer(string clientId, string? transactionalId) => throw new NotSupportedException();

        public ILogAdmin CreateAdmin(string clientId) => throw new NotSupportedException();
    }
}
