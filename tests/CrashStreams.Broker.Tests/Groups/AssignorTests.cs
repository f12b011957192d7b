using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Tests.Groups;

public class AssignorTests
{
    private static readonly TopicInfo s_seven = new(new Guid(1, 0, 0, new byte[8]), "seven", 7);
    private static readonly TopicInfo s_alsoSeven = new(new Guid(2, 0, 0, new byte[8]), "also-seven", 7);
    private static readonly TopicInfo s_three = new(new Guid(3, 0, 0, new byte[8]), "three", 3);

    [Fact]
    public void Range_gives_runs_that_are_the_same_for_topics_of_one_size()
    {
        var assigned = new RangeAssignor().Assign([Member("b", s_seven, s_alsoSeven), Member("a", s_alsoSeven, s_seven), Member("c", s_seven, s_alsoSeven)]);
        foreach (var topic in new[] { s_seven, s_alsoSeven })
        {
            Of(assigned["a"], topic).Should().Equal(0, 1, 2);
            Of(assigned["b"], topic).Should().Equal(3, 4);
            Of(assigned["c"], topic).Should().Equal(5, 6);
        }
    }

    [Fact]
    public void Range_binds_a_static_members_place_to_its_instance()
    {
        var before = new RangeAssignor().Assign([Member("x", s_seven) with { InstanceId = "1" }, Member("a", s_seven) with { InstanceId = "2" }]);
        var after = new RangeAssignor().Assign([Member("z", s_seven) with { InstanceId = "1" }, Member("b", s_seven) with { InstanceId = "2" }]);
        after["z"].Should().Equal(before["x"]);
    }

    [Fact]
    public void More_members_than_partitions_leave_some_without()
    {
        foreach (var assignor in new IAssignor[] { new RangeAssignor(), new UniformAssignor() })
            assignor.Assign([.. "abcde".Select(id => Member($"{id}", s_three))]).Values.Select(partitions => partitions.Count).Should().BeEquivalentTo([1, 1, 1, 0, 0], assignor.Name);
    }

    [Fact]
    public void Uniform_moves_no_more_than_a_newcomer_needs()
    {
        var two = new UniformAssignor().Assign([Member("a", s_seven), Member("b", s_seven)]);
        var three = new UniformAssignor().Assign([Member("a", s_seven) with { Current = two["a"] }, Member("b", s_seven) with { Current = two["b"] }, Member("c", s_seven)]);
        three["c"].Should().HaveCount(2);
        three["a"].Should().BeSubsetOf(two["a"]);
        three["b"].Should().BeSubsetOf(two["b"]);
    }

    /// <summary>Whatever members and subscriptions: each partition has one owner, which subscribes to it, and an even load where that is possible.</summary>
    [Fact]
    public void Every_partition_goes_to_exactly_one_of_its_subscribers()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var topics = Enumerable.Range(1, 4).Select(index => new TopicInfo(new Guid(index, 0, 0, new byte[8]), $"t{index}", random.Next(1, 12))).ToArray();
            var members = Enumerable.Range(0, random.Next(1, 7)).Select(index => Member($"m{index}", random.GetItems(topics, random.Next(1, 5)).Distinct().ToArray())).ToList();
            foreach (var assignor in new IAssignor[] { new RangeAssignor(), new UniformAssignor() })
            {
                for (var round = 0; round < 3; round++)
                {
                    var assigned = assignor.Assign(members);
                    var all = assigned.Values.SelectMany(partitions => partitions).ToList();
                    all.Should().OnlyHaveUniqueItems();
                    all.Count.Should().Be(topics.Where(topic => members.Exists(member => member.Topics.Named.Contains(topic))).Sum(topic => topic.Partitions));
                    members.Should().OnlyContain(member => assigned[member.MemberId].All(partition => member.Topics.Named.Any(topic => topic.Id == partition.TopicId)));
                    if (assignor is UniformAssignor)
                        NobodyCouldGive(members, assigned);
                    members = [.. members.Select(member => member with { Current = assigned[member.MemberId] }).Where(_ => random.Next(5) > 0)];
                    if (members.Count == 0)
                        break;
                }
                members = members.Count == 0 ? [Member("m", topics)] : members;
            }
        }
    }

    /// <summary>By the processor's time, which does not depend on what else the machine does. Twenty times as many of each may take a little more than twenty times as long, not four hundred times.</summary>
    [Fact]
    public void Many_members_share_many_partitions_in_little_more_time_than_it_takes_to_name_them()
    {
        var uniform = new UniformAssignor();
        var few = Enumerable.Range(0, 100).Min(_ => TimeOf(100, 1_000)); // so often that it is compiled for speed
        var many = Enumerable.Range(0, 2).Min(_ => TimeOf(2_000, 20_000));

        many.Should().BeLessThan(160 * few);

        long TimeOf(int members, int partitions)
        {
            var topic = new TopicInfo(new Guid(9, 0, 0, new byte[8]), "wide", partitions);
            var began = ThreadClock.Nanoseconds;
            var first = uniform.Assign([.. Enumerable.Range(0, members).Select(index => Member($"m{index}", topic))]);
            // A tenth has left, as many have come.
            _ = uniform.Assign([.. Enumerable.Range(members / 10, members).Select(index => Member($"m{index}", topic) with { Current = first.GetValueOrDefault($"m{index}", []) })]);
            return ThreadClock.Nanoseconds - began;
        }
    }

    private static void NobodyCouldGive(List<Subscriber> members, Dictionary<string, PartitionSet> assigned)
    {
        foreach (var giver in members)
        {
            foreach (var taker in members.Where(taker => assigned[giver.MemberId].Any(partition => taker.Topics.Named.Any(topic => topic.Id == partition.TopicId))))
                (assigned[giver.MemberId].Count - assigned[taker.MemberId].Count).Should().BeLessThan(2);
        }
    }

    private static Subscriber Member(string id, params TopicInfo[] topics) => new(id, null, new SubscribedTopics(topics, []), []);

    private static IEnumerable<int> Of(PartitionSet partitions, TopicInfo topic) =>
        partitions.Where(partition => partition.TopicId == topic.Id).Select(partition => partition.Partition);
}
