using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CrashStreams.Broker.Tests.Core;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>
/// Requests of real clients with flipped bytes, cut ends and false lengths, sent to a broker over TCP. It goes on serving others, and gives
/// back all memory when it stops.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class FrameFuzzTests
{
    private const int FramesPerBroker = 10_000; // what mutated requests create (topics, groups) is legitimate state of theirs
    private const int FramesPerConnection = 5; // the first that breaks the protocol ends its connection
    private const int FramesPerCheck = 500;
    private const long MostGrowthBytes = 32 * 1024 * 1024;


    [Fact]
    public async Task Mutated_frames_over_tcp_neither_stop_the_broker_nor_make_it_grow()
    {
        var all = Fuzzing.Frames(usual: 10_000);
        var random = new Random(Fuzzing.Seed);
        var requests = Fuzzing.GoldenRequests();
        var settled = await Round(requests, random, FramesPerCheck);

        for (var sent = 0; sent < all; sent += FramesPerBroker)
        {
            Fuzzing.Progress("frames over TCP", sent, all);
            var after = await Round(requests, random, Math.Min(FramesPerBroker, all - sent));
            (after - settled).Should().BeLessThan(MostGrowthBytes, $"seed {Fuzzing.Seed}, after {sent} frames");
        }
    }

    /// <summary>A broker's life under mutated frames. Returns the managed memory after its end.</summary>
    private static async Task<long> Round(List<byte[]> requests, Random random, int count)
    {
        await using (var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { MaxRequestBytes = 1024 * 1024 }))
        {
            await broker.CreateTopicAsync("t", 2);
            for (var sent = 0; sent < count; sent += FramesPerConnection)
            {
                await SendSome(broker, requests, random);
                if (sent % FramesPerCheck == 0)
                    await ExpectService(broker);
            }
            await ExpectService(broker);
        }
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task SendSome(EmbeddedBroker broker, List<byte[]> requests, Random random)
    {
        // From many addresses: one has not enough ports for so many connections.
        using var socket = new TcpClient(new IPEndPoint(new IPAddress([127, 0, 1, (byte)random.Next(1, 255)]), 0));
        await socket.ConnectAsync("127.0.0.1", broker.Port);
        var stream = socket.GetStream();
        try
        {
            for (var i = 0; i < FramesPerConnection; i++)
                await stream.WriteAsync(Mutate(requests[random.Next(requests.Count)], random));
            socket.Client.Shutdown(SocketShutdown.Send);
            await ReadToEnd(stream).WaitAsync(Client.Patience);
        }
        catch (Exception closed) when (closed is IOException or SocketException)
        {
            // The broker has closed the connection, as it should.
        }
    }

    private static async Task ReadToEnd(NetworkStream stream)
    {
        var answers = new byte[4096];
        while (await stream.ReadAsync(answers) > 0)
        {
        }
    }

    /// <summary>A client that behaves is answered.</summary>
    private static async Task ExpectService(EmbeddedBroker broker)
    {
        using var socket = new TcpClient("127.0.0.1", broker.Port);
        await socket.GetStream().WriteAsync(Convert.FromHexString("0000000a" + "0012" + "0000" + "00000007" + "ffff")); // ApiVersions v0
        var answer = new byte[8];
        await socket.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(Client.Patience);
        BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)).Should().Be(7);
    }

    private static byte[] Mutate(byte[] request, Random random)
    {
        var frame = new byte[sizeof(int) + request.Length];
        request.CopyTo(frame, sizeof(int));
        for (var flips = random.Next(4); flips > 0; flips--)
            frame[random.Next(12, frame.Length)] = random.Next(4) switch
            {
                0 => 0xFF,
                1 => 0x7F,
                _ => (byte)random.Next(256),
            };
        var announced = random.Next(200) switch
        {
            0 => random.Next(),
            1 => -random.Next(),
            2 => random.Next(request.Length),
            _ => request.Length,
        };
        BinaryPrimitives.WriteInt32BigEndian(frame, announced);
        return random.Next(200) == 0 ? frame[..random.Next(1, frame.Length)] : frame;
    }
}
