using CrashStreams.Broker.Server;

namespace CrashStreams.Broker.Tests.Network;

public class PacedPlaceTests
{
    [Fact]
    public async Task One_is_handled_at_a_time_and_a_place_is_left_once()
    {
        var requests = new PacedPlace(TimeProvider.System);
        var first = await requests.EnterAsync();
        var second = requests.EnterAsync().AsTask();
        var third = requests.EnterAsync().AsTask();
        second.IsCompleted.Should().BeFalse();

        first.Dispose();
        first.Dispose();

        (await Task.WhenAny(second, third).WaitAsync(Clients.Client.Patience)).Should().Be(second);
        third.IsCompleted.Should().BeFalse();
        (await second).Dispose();
        (await third.WaitAsync(Clients.Client.Patience)).Dispose();
    }

    [Fact]
    public async Task After_each_the_others_have_three_times_as_long()
    {
        var time = new SteppedTime();
        var requests = new PacedPlace(time);
        var first = await requests.EnterAsync();
        time.Elapsed += TimeSpan.FromMilliseconds(20);
        first.Dispose();
        time.Elapsed += TimeSpan.FromMilliseconds(45);

        _ = requests.EnterAsync().AsTask();
        time.Delays.Should().Equal(TimeSpan.FromMilliseconds(15));

        var later = new PacedPlace(time);
        (await later.EnterAsync()).Dispose();
        later.EnterAsync().IsCompleted.Should().BeTrue("the one before took no time");
    }

    /// <summary>A clock set by hand, whose timers are noted and never fire.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Elapsed { get; set; }

        public List<TimeSpan> Delays { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Add(dueTime);
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
