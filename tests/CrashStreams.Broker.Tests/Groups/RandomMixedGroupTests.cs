using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;

namespace CrashStreams.Broker.Tests.Groups;

public class RandomMixedGroupTests
{
    /// <summary>
    /// Assignments are made at once in half of the runs, beside the loop in the others. Members of both protocols join, leave, die and are slow, topics grow, the broker crashes and its journal is full at times. At no time do two live members own the same
    /// partition, and when calm returns, every partition is owned once, in a group of the kind that its members ask for.
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
        var consumers = new List<ConsumerClient>();
        var classic = new List<ClassicConsumer>();
        var isCooperative = random.Next(2) == 0; // a group's classic members are of one kind
        var born = 0;
        for (var step = 0; step < 400; step++)
        {
            switch (random.Next(24))
            {
                case 0 when consumers.Count < 4:
                    consumers.Add(new ConsumerClient(host, $"m{born++}") { Topics = Topics() });
                    break;
                case 1 or 2 when classic.Count < 4:
                    classic.Add(new ClassicConsumer(host, $"c{born++}", isCooperative) { Topics = Topics() });
                    break;
                case 3 or 4 when consumers.Count > 0:
                    var leaver = consumers[random.Next(consumers.Count)];
                    consumers.Remove(leaver);
                    if (random.Next(3) > 0)
                        leaver.Leave();
                    break;
                case 5 when classic.Count > 0 && random.Next(2) == 0:
                    var last = classic[random.Next(classic.Count)];
                    classic.Remove(last);
                    if (random.Next(3) > 0)
                        last.Leave();
                    break;
                case 6 when random.Next(5) == 0:
                    host.Topics.Grow("u", host.Topics.All.Last().Partitions + 1);
                    break;
                case 7 when random.Next(3) == 0:
                    host.Restart();
                    classic.ForEach(member => member.LoseConnection());
                    break;
                case 8:
                    host.Timers.Advance(random.Next(1_500));
                    break;
                case 9:
                    host.GroupJournal.IsFull = random.Next(4) == 0;
                    break;
                case 10:
                    host.Workers.Release();
                    break;
                case < 17 when classic.Count > 0:
                    classic[random.Next(classic.Count)].Step();
                    break;
                default:
                    if (consumers.Count > 0)
                        consumers[random.Next(consumers.Count)].Beat();
                    break;
            }
            // Nobody is silent for as long as a session unless it is dead.
            if (step % 20 == 0)
            {
                consumers.ForEach(member => member.Beat());
                classic.ForEach(member => member.Step());
            }
            OwnedOnce($"seed {seed}, step {step}");
        }

        host.GroupJournal.IsFull = false;
        for (var round = 0; round < 60; round++)
        {
            host.Timers.Advance(3_000);
            foreach (var member in classic)
            {
                member.Step();
                member.Settle();
                host.Workers.Release();
                member.Settle();
                OwnedOnce($"seed {seed}, round {round}");
            }
            foreach (var member in consumers)
            {
                member.Beat();
                host.Workers.Release();
                OwnedOnce($"seed {seed}, round {round}");
            }
        }
        if (consumers.Count + classic.Count == 0)
            return;
        if (consumers.Count > 0)
            host.Groups.FindConsumer("g")!.State.Should().Be(ConsumerGroupState.Stable, $"seed {seed}");
        else
            host.Groups.FindClassic("g").Should().BeOfType<ClassicGroup>($"seed {seed}").Which.State.Should().Be(ClassicGroupState.Stable, $"seed {seed}");
        var wanted = host.Topics.All.Where(topic => consumers.Any(member => member.Topics!.Contains(topic.Name)) || classic.Any(member => member.Topics.Contains(topic.Name))).Sum(topic => topic.Partitions);
        (consumers.Sum(member => member.Owned.Count) + classic.Sum(member => member.Owned.Count)).Should().Be(wanted, $"seed {seed}");

        List<string> Topics() => random.Next(3) == 0 ? ["t"] : ["t", "u"];

        void OwnedOnce(string because) => consumers.SelectMany(member => member.Owned).Concat(classic.SelectMany(member => member.Owned)).Should().OnlyHaveUniqueItems(because);
    }
}
