using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Server;

namespace CrashStreams.Broker.Tests.Network;

public class ConnectionTurnTests
{
    private static readonly Limits s_limits = new() { HeavyRequestTime = TimeSpan.FromMilliseconds(5), ShareOfLoop = 1e-6 };

    [Fact]
    public void Who_asks_much_is_served_after_others_and_who_asks_for_what_takes_long_with_pauses()
    {
        Turn(requests: 1_000, TimeSpan.FromMicroseconds(50)).Lane().Should().Be(LoopLane.Late);
        Turn(requests: 50, TimeSpan.FromMicroseconds(50)).Lane().Should().Be(LoopLane.InTurn);
        Turn(requests: 2, TimeSpan.FromMilliseconds(50)).Lane().Should().Be(LoopLane.Paced);
        Turn(requests: 1, TimeSpan.FromMilliseconds(50)).Lane().Should().Be(LoopLane.Late, "one alone may be code that runs for the first time");
    }

    [Fact]
    public void Who_has_used_no_more_than_its_share_is_served_in_turn_again()
    {
        var turn = new ConnectionTurn(null!, null!, s_limits with { ShareOfLoop = 1_000 });
        turn.Took(TimeSpan.FromSeconds(1));
        turn.Took(TimeSpan.FromSeconds(1));
        turn.Lane().Should().Be(LoopLane.Paced);

        Clients.Client.Until(() => turn.Lane() == LoopLane.InTurn);
    }

    private static ConnectionTurn Turn(int requests, TimeSpan each)
    {
        var turn = new ConnectionTurn(null!, null!, s_limits);
        for (var i = 0; i < requests; i++)
            turn.Took(each);
        return turn;
    }
}
