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

    [Fact]
    public async Task No_fetch_waits_longer_than_the_limit_whatever_it_asks_for()
    {
        await using var victim = await Victim.StartAsync(new Server.Limits { FetchWait = TimeSpan.FromMilliseconds(50) });
        using var client = await victim.ConnectAsync();

        await client.SendAsync(AbandonedFetches.Request(), version: 11);

        (await client.ReadFrameAsync().WaitAsync(Clients.Client.Patience)).Should().NotBeEmpty();
    }
}
