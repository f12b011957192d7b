using System.Text.Json;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Requests of real clients with flipped bytes, handled by a core: an answer, or a ProtocolException that closes the connection.</summary>
public class RequestFuzzTests
{
    // CRASHSTREAMS_FUZZ_FRAMES=1000000 is the long run.
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("CRASHSTREAMS_FUZZ_FRAMES") ?? "20000");

    [Fact]
    public void No_request_can_make_a_handler_fail()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("CRASHSTREAMS_SEED") ?? "1");
        var random = new Random(seed);
        var requests = GoldenRequests();
        var host = new CoreHost(new BrokerOptions { AutoCreateTopics = true });
        host.Core.Topics.Create("t", 2, TopicConfigs.None);
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

    private static List<byte[]> GoldenRequests() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "frames"), "*.json").Order(StringComparer.Ordinal)
            .SelectMany(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray().ToList())
            .Where(frame => frame.GetProperty("apiVersion").GetInt32() != 99)
            .Select(frame => Convert.FromHexString(frame.GetProperty("request").GetString()!))
            .Where(frame => frame.Length > 8)
            .ToList();
}
