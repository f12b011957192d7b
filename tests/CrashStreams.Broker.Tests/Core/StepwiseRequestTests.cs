using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Loop;
using CrashStreams.Protocol.Messages;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Long requests, whose steps are taken in several turns of the loop.</summary>
public class StepwiseRequestTests
{
    private const int Turns = 4;
    private const int BytesPerTurn = 1024 * 1024;

    private readonly FakeTimeProvider _time = new();
    private readonly Session _session = new();
    private readonly List<byte[]> _made = [];

    [Fact]
    public void What_the_later_turns_take_is_charged_by_the_time_of_the_answer()
    {
        var timers = new Timers(_time);
        var queue = new StepQueue(timers);
        long? chargedAtAnswer = null;

        new StepwiseRequest<ApiVersionsResponse>(Steps().GetEnumerator(), new StepWaits(), queue, timers, _session, _ => chargedAtAnswer = _session.Charged).Run();
        for (var turn = 0; chargedAtAnswer is null && turn < 100; turn++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            timers.RunDue();
        }

        // The first turn is counted by whoever handles the request.
        chargedAtAnswer.Should().BeGreaterThanOrEqualTo((Turns - 1) * BytesPerTurn);
    }

    private IEnumerable<ApiVersionsResponse?> Steps()
    {
        for (var turn = 0; turn < Turns; turn++)
        {
            _made.Add(new byte[BytesPerTurn]);
            _time.Advance(StepQueue.Slice);
            yield return null;
        }
        yield return new ApiVersionsResponse();
    }

    private sealed class Session : IClientSession
    {
        public Server.Authentication? Authentication => null;

        public long Charged { get; private set; }

        public void Await(IWaiting waiting)
        {
        }

        public void Charge(long bytes) => Charged += bytes;

        public void GiveWay()
        {
        }

        public void EndWait()
        {
        }

        public void Close()
        {
        }
    }
}
