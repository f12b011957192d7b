using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Requests of real clients with flipped bytes, handled by a core: an answer, or a ProtocolException that closes the connection.</summary>
public class RequestFuzzTests
{
    private static readonly int Count = Fuzzing.Frames(usual: 20_000);

    [Fact]
    public void No_request_can_make_a_handler_fail()
    {
        var seed = Fuzzing.Seed;
        var random = new Random(seed);
        var requests = Fuzzing.GoldenRequests();
        var host = new CoreHost(new BrokerOptions { AutoCreateTopics = true });
        host.CreateTopic("t", 2);
        var handled = 0;

        for (var i = 0; i < Count; i++)
        {
            var frame = (byte[])requests[random.Next(requests.Count)].Clone();
            for (var flips = random.Next(4); flips > 0; flips--)
                frame[random.Next(8, frame.Length)] = (byte)random.Next(256);
            try
            {
                host.SendFrame(frame);
                handled++;
            }
            catch (ProtocolException)
            {
                // The server closes the connection.
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, round {i}, {Convert.ToHexStringLower(frame)}: {error}");
            }
            if (i % 100 == 0)
                host.Advance(random.Next(1000));
        }

        handled.Should().BeGreaterThan(Count / 10);
    }
}
