using CrashStreams.Broker.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>The program as operators start it, and each attack on it once: it goes on, and serves others as before.</summary>
public sealed class HostileProgramTests
{
    [Fact]
    public async Task No_attack_ends_the_program_or_keeps_others_from_producing_and_reading()
    {
        using var victim = await VictimProcess.StartAsync();
        using var other = await AttackClient.ConnectAsync(victim.Target, TestContext.Current.CancellationToken);
        var produced = 0L;

        foreach (var attack in AttackRun.All)
        {
            using var attacking = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            var round = attack.RunAsync(victim.Target, attacking.Token);

            (await ProduceAsync(other).WaitAsync(Clients.Client.Patience)).Should().Be(produced++, attack.Name);
            (await CountAsync(other).WaitAsync(Clients.Client.Patience)).Should().Be(produced, attack.Name);

            await round.WaitAsync(Clients.Client.Patience);
            victim.HasEnded.Should().BeFalse(attack.Name);
        }
    }

    private static async Task<long> ProduceAsync(AttackClient client)
    {
        var answer = await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = -1,
            TimeoutMs = 60_000,
            TopicData = [new() { Name = Bystanders.Topic, PartitionData = [new() { Records = Core.CoreHost.Batch("v") }] }],
        }, version: 9);
        answer.Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
        return answer.Responses[0].PartitionResponses[0].BaseOffset;
    }

    private static async Task<long> CountAsync(AttackClient client) =>
        (await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = Bystanders.Topic, Partitions = [new() { Timestamp = -1 }] }] })).Topics[0].Partitions[0].Offset;
}
