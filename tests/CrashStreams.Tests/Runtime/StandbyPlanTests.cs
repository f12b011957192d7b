using CrashStreams.Engine;

namespace CrashStreams.Tests.Runtime;

/// <summary>Warm copies are kept of the tasks that a member is given when another instance is lost.</summary>
public class StandbyPlanTests
{
    [Fact]
    public void Of_two_each_keeps_all_that_the_other_has()
    {
        Member[] members = [Has("b-1-0", 0, 1), Has("a-1-0", 2, 3)];
        Plan("a-1-0", members, 4).Should().Equal(0, 1);
        Plan("b-1-0", members, 4).Should().Equal(2, 3);
    }

    [Fact]
    public void Whoever_is_alone_keeps_nothing() => Plan("a-1-0", [Has("a-1-0", 0, 1, 2)], 3).Should().BeEmpty();

    [Fact]
    public void Whoever_is_not_known_yet_keeps_nothing() => Plan("a-1-0", [Has("b-1-0", 0, 1, 2)], 3).Should().BeEmpty();

    [Fact]
    public void Threads_of_one_instance_are_lost_together() =>
        Plan("c-1-0", [Has("a-1-0", 0), Has("a-1-1", 1), Has("c-1-0", 2)], 3).Should().Equal(0, 1);

    /// <summary>Whatever the numbers, whoever is lost: what the range assignment gives to those who are left was kept by them or was theirs.</summary>
    [Fact]
    public void Everything_is_warm_wherever_it_goes()
    {
        for (var members = 2; members <= 6; members++)
        {
            for (var partitions = 1; partitions <= 13; partitions++)
            {
                // The order is not that of the names.
                var names = Enumerable.Range(0, members).Select(i => $"m{(i * 5) % 7}-1-0").ToList();
                var before = Range(names, partitions);
                var all = names.ConvertAll(n => Has(n, before[n]));
                foreach (var lost in names)
                {
                    foreach (var (name, given) in Range(names.Where(n => n != lost).ToList(), partitions))
                        given.Except(before[name]).Except(Plan(name, all, partitions)).Should().BeEmpty("{0} of {1} is lost with {2} partitions", lost, members, partitions);
                }
            }
        }
    }

    // As Kafka's range assignor: one partition after the other, the first ones get the longer runs.
    private static Dictionary<string, int[]> Range(List<string> names, int partitions)
    {
        var next = 0;
        return names.Select((name, i) => (name, Run: Enumerable.Range(0, partitions).Skip(next).Take((partitions / names.Count) + (i < partitions % names.Count ? 1 : 0)).ToArray()))
            .Select(m => { next += m.Run.Length; return m; }).ToDictionary(m => m.name, m => m.Run);
    }

    private static IEnumerable<int> Plan(string me, IReadOnlyList<Member> members, int partitions) =>
        StandbyPlan.Of(me, members, new Dictionary<int, int> { [0] = partitions }).Select(t => t.Partition);

    private static Member Has(string name, params int[] partitions) => new(name, null, Array.ConvertAll(partitions, p => new MemberTask(new(0, p), MemberTaskState.Running)));
}
