using System.Buffers.Binary;
using System.Net.Sockets;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>What is not Kafka's protocol closes its own connection and harms nobody else.</summary>
public sealed class GarbageTests
{
    [Theory]
    [InlineData("ffffffff")] // a negative length
    [InlineData("00000000")] // no length
    [InlineData("7fffffff0000")] // 2 GB announced
    [InlineData("0000000a7f7f000000000001ffff")] // an unknown API
    [InlineData("0000000a0003006300000001ffff")] // Metadata v99
    [InlineData("0000000e000300010000000100007fffffff")] // an array of 2 G topics
    public async Task A_bad_frame_closes_the_connection(string hex)
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        using var socket = new TcpClient("127.0.0.1", broker.Port);
        await socket.GetStream().WriteAsync(Convert.FromHexString(hex));

        var read = async () => await socket.GetStream().ReadAsync(new byte[1]);
        try
        {
            (await read().WaitAsync(Client.Patience)).Should().Be(0);
        }
        catch (IOException)
        {
            // A reset is as good as an end.
        }
    }

    [Fact]
    public async Task ApiVersions_of_a_version_from_the_future_is_answered_as_Kafka_does()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        using var socket = new TcpClient("127.0.0.1", broker.Port);
        await socket.GetStream().WriteAsync(Convert.FromHexString("0000000c00120063000010920002" + "6162"));

        var answer = new byte[20];
        await socket.GetStream().ReadExactlyAsync(answer);

        Convert.ToHexStringLower(answer).Should().Be("00000010" + "00001092" + "0023" + "00000001" + "001200000004");
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_the_requests_even_behind_a_waiting_fetch()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using var socket = new TcpClient("127.0.0.1", broker.Port);
        // Fetch v4 of t-0 from offset 0, waiting 200 ms for a byte; then ApiVersions v0.
        var fetch = "0001" + "0004" + "00000001" + "ffff" + "ffffffff" + "000000c8" + "00000001" + "00100000" + "00"
            + "00000001" + "000174" + "00000001" + "00000000" + "0000000000000000" + "00100000";
        var versions = "0012" + "0000" + "00000002" + "ffff";
        await socket.GetStream().WriteAsync(Convert.FromHexString($"{fetch.Length / 2:x8}{fetch}{versions.Length / 2:x8}{versions}"));

        (await CorrelationId(socket)).Should().Be(1);
        (await CorrelationId(socket)).Should().Be(2);
    }

    private static async Task<int> CorrelationId(TcpClient socket)
    {
        var prefix = new byte[4];
        await socket.GetStream().ReadExactlyAsync(prefix);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await socket.GetStream().ReadExactlyAsync(body);
        return BinaryPrimitives.ReadInt32BigEndian(body);
    }
}
