using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Groups;

public class RandomConsumerGroupTests
{
    /// <summary>
    /// Assignments are made at once in half of the runs, beside the loop in the others. Many members join, leave, die, lose answers and are slow, topics grow, the broker crashes. At no time do two live members own the
    /// same partition, each may commit what it owns with the epoch that it knows, and when calm returns, the group settles with every partition owned once.
    /// </summary>
    [Fact]
    public void Each_partition_has_one_owner_at_a_time_and_the_group_settles()
    {
        for (var seed = 0; seed < 150; seed++)
            Run(seed);
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        var host = CoordinatorHost.ThatAssigns(besideTheLoop: seed % 2 == 0);
        host.Topics.Create("t", 7);
        host.Topics.Create("u", 5);
        var alive = new List<ConsumerClient>();
        var born = 0;
        for (var step = 0; step < 400; step++)
        {
            switch (random.Next(20))
            {
                case 0 or 1 when alive.Count < 8:
                    alive.Add(new ConsumerClient(host, $"m{born++}") { Topics = random.Next(3) == 0 ? ["t"] : ["t", "u"], Assignor = random.Next(4) == 0 ? "range" : null });
                    break;
                case 2 when alive.Count > 1:
                    var leaver = alive[random.Next(alive.Count)];
                    alive.Remove(leaver);
                    leaver.Leave();
                    break;
                case 3 when alive.Count > 1 && random.Next(4) == 0:
                    // It dies. The others beat on while its session runs out.
                    alive.RemoveAt(random.Next(alive.Count));
                    break;
                case 4 when random.Next(5) == 0:
                    host.Topics.Grow("u", host.Topics.All.Last().Partitions + 1);
                    break;
                case 5 when random.Next(3) == 0:
                    host.Restart();
                    break;
                case 6:
                    host.Timers.Advance(random.Next(3_000));
                    break;
                case 7 or 8:
                    host.Workers.Release();
                    break;
                default:
                    if (alive.Count > 0)
                        alive[random.Next(alive.Count)].Beat(losesAnswer: random.Next(10) == 0);
                    break;
            }
            // Nobody is silent for as long as a session unless it is dead.
            if (step % 40 == 0)
            {
                foreach (var client in alive)
                    client.Beat();
            }
            OwnedOnce(alive, seed, step);
            MayCommit(alive, host, seed, step);
        }

        for (var round = 0; round < 30; round++)
        {
            host.Timers.Advance(5_000);
            foreach (var client in alive)
            {
                client.Beat();
                OwnedOnce(alive, seed, round);
                host.Workers.Release();
            }
        }
        if (alive.Count == 0)
            return;
        host.Groups.FindConsumer("g")!.State.Should().Be(ConsumerGroupState.Stable, $"seed {seed}");
        var wanted = host.Topics.All.Where(topic => alive.Any(client => client.Topics!.Contains(topic.Name))).Sum(topic => topic.Partitions);
        alive.Sum(client => client.Owned.Count).Should().Be(wanted, $"seed {seed}");
    }

    private static void MayCommit(List<ConsumerClient> alive, CoordinatorHost host, int seed, int step)
    {
        if (host.Groups.FindConsumer("g") is not { } group)
            return;
        foreach (var client in alive.Where(client => group.Members.Any(member => member.Id == client.MemberId)))
            group.CheckCommit(client.MemberId, null, client.Epoch, isTransactional: true, client.Owned).Should().Be(ErrorCode.None, $"seed {seed}, step {step}, {client.MemberId}@{client.Epoch}");
    }

    private static void OwnedOnce(List<ConsumerClient> alive, int seed, int step)
    {
        var owned = alive.SelectMany(client => client.Owned).ToList();
        owned.Count.Should().Be(owned.Distinct().Count(), $"seed {seed}, step {step}: {string.Join(" | ", alive.Select(client => $"{client.MemberId}@{client.Epoch}: {string.Join(",", client.Owned.Select(partition => partition.Partition))}"))}");
    }
}
