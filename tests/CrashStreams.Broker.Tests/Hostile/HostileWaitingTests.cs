using System.Net.Sockets;
using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Nothing waits for clients that are gone.</summary>
public sealed class HostileWaitingTests
{
    [Fact]
    public async Task Fetches_end_with_their_connections()
    {
        await using var victim = await Victim.StartAsync();
        var clients = new List<AttackClient>();
        for (var i = 0; i < 10; i++)
        {
            var client = await victim.ConnectAsync();
            clients.Add(client);
            for (var fetch = 0; fetch < 100; fetch++)
                await client.SendAsync(AbandonedFetches.Request(), version: 11);
        }
        await victim.UntilAsync(core => core.Topics.Find(Target.Narrow)!.Partitions[0].WaitingCount == clients.Count, "one fetch of each connection waits, as in Kafka");

        clients.ForEach(client => client.Dispose());

        await victim.UntilAsync(core => core.Topics.Find(Target.Narrow)!.Partitions[0].WaitingCount == 0, "the clients are gone");
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections == 0, "the clients are gone");
    }

    /// <summary>Then the broker reads nothing from the connection, and would not notice its end.</summary>
    [Theory]
    [InlineData(true, 20_000)]
    [InlineData(false, 700)] // so few that the end of the stream reaches the broker, behind what it has not read
    public async Task More_requests_than_are_read_ahead_end_with_their_connection_too(bool isReset, int requests)
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        using var leaving = new TcpClient("127.0.0.1", victim.Broker.Port);
        var frame = client.Frame(AbandonedFetches.Request(), version: 11);
        var sending = leaving.GetStream().WriteAsync((byte[])[.. Enumerable.Repeat(frame, requests).SelectMany(bytes => bytes)]).AsTask();
        await victim.UntilAsync(core => core.Topics.Find(Target.Narrow)!.Partitions[0].WaitingCount == 1, "the first fetch waits");
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections > 64 * 1024, "others are read behind it");

        leaving.LingerState = new LingerOption(isReset, 0);
        leaving.Dispose();

        await victim.UntilAsync(core => core.Topics.Find(Target.Narrow)!.Partitions[0].WaitingCount == 0, "the client is gone");
        await victim.UntilAsync(_ => victim.Broker.HeldByConnections == 0, "the client is gone");
        await sending.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task No_fetch_waits_longer_than_the_limit_whatever_it_asks_for()
    {
        await using var victim = await Victim.StartAsync(new Server.Limits { FetchWait = TimeSpan.FromMilliseconds(50) });
        using var client = await victim.ConnectAsync();

        await client.SendAsync(AbandonedFetches.Request(), version: 11);

        (await client.ReadFrameAsync().WaitAsync(Clients.Client.Patience)).Should().NotBeEmpty();
    }
}
