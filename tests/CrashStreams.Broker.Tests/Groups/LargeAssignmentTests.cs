using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>Assignments that take longer than a request may are made beside the loop; until they are there, everybody keeps what he has.</summary>
public class LargeAssignmentTests
{
    private const int Many = 100_000;
    private readonly CoordinatorHost _host = new();
    private readonly TopicInfo _topic;

    public LargeAssignmentTests() => _topic = _host.Topics.Create("t", Many);

    private ConsumerGroup Group => _host.Groups.FindConsumer("g")!;

    [Fact]
    public void The_first_members_have_nothing_until_the_assignment_is_there()
    {
        var (a, b) = (new ConsumerClient(_host, "a"), new ConsumerClient(_host, "b"));

        a.Beat().Should().Be(ErrorCode.None);
        b.Beat().Should().Be(ErrorCode.None);

        _host.Workers.Held.Should().Be(1, "what is being made is not begun again");
        a.Epoch.Should().Be(1, "an epoch of 0 would tell it to join again");
        a.Owned.Should().BeEmpty();
        a.Last.HeartbeatIntervalMs.Should().BeLessThan(100);
        Group.State.Should().Be(ConsumerGroupState.Assigning);
        Settle(a, b);
        a.Owned.Should().HaveCount(Many / 2);
        b.Owned.Should().HaveCount(Many / 2);
        a.Owned.Overlaps(b.Owned).Should().BeFalse();
        Group.State.Should().Be(ConsumerGroupState.Stable);
    }

    [Fact]
    public void Who_leaves_while_an_assignment_is_made_gets_nothing_of_it_and_another_one_follows()
    {
        var (a, b) = (new ConsumerClient(_host, "a"), new ConsumerClient(_host, "b"));
        a.Beat();
        b.Beat();
        Settle(a, b);
        var c = new ConsumerClient(_host, "c");
        c.Beat();
        b.Leave();

        _host.Workers.Release();

        Group.GroupEpoch.Should().BeGreaterThan(Group.TargetEpoch);
        Settle(a, c);
        a.Owned.Concat(c.Owned).Should().HaveCount(Many).And.OnlyHaveUniqueItems();
        Group.State.Should().Be(ConsumerGroupState.Stable);
    }

    [Fact]
    public void Who_wants_other_topics_by_the_time_the_assignment_is_there_gets_those()
    {
        var other = _host.Topics.Create("u", 3);
        var a = new ConsumerClient(_host, "a");
        a.Beat();
        a.Topics = ["u"];
        a.SendAllNext();
        a.Beat();

        _host.Workers.Release();
        a.Beat();

        a.Owned.Should().BeEquivalentTo(Enumerable.Range(0, 3).Select(index => new TopicIdPartition(other.Id, index)));
    }

    [Fact]
    public void An_assignment_for_a_group_that_is_empty_by_then_or_gone_changes_nothing()
    {
        var a = new ConsumerClient(_host, "a");
        a.Beat();
        a.Leave();
        _host.Workers.Release();
        Group.State.Should().Be(ConsumerGroupState.Empty);

        a.Beat();
        a.Leave();
        _host.Groups.Delete("g").Should().Be(ErrorCode.None);
        _host.Workers.Release();

        _host.Groups.Find("g").Should().BeNull();
    }

    [Fact]
    public void A_small_group_has_its_assignment_with_the_answer()
    {
        _host.Topics.Create("small", 100);
        var a = new ConsumerClient(_host, "a") { Topics = ["small"] };

        a.Beat();

        _host.Workers.Held.Should().Be(0);
        a.Owned.Should().HaveCount(100);
    }

    [Fact]
    public void A_large_assignment_is_the_same_after_a_restart()
    {
        var (a, b) = (new ConsumerClient(_host, "a"), new ConsumerClient(_host, "b"));
        a.Beat();
        b.Beat();
        Settle(a, b);

        _host.Restart();
        a.Beat();
        b.Beat();

        _host.Workers.Held.Should().Be(0);
        a.Owned.Concat(b.Owned).Should().HaveCount(Many).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void Members_without_names_of_topics_count_too()
    {
        var host = new CoordinatorHost { GroupOptions = new GroupOptions { MaxStateBytes = 10_000 } };
        host.Restart();

        var joined = Enumerable.Range(0, 1000).TakeWhile(index => new ConsumerClient(host, $"m{index}") { Topics = null, Pattern = "none.*" }.Beat() == ErrorCode.None).Count();

        joined.Should().BeLessThan(20);
    }

    [Fact]
    public void Partitions_that_a_topic_has_got_since_are_not_shared_out_when_there_is_no_room_for_them()
    {
        var host = new CoordinatorHost { GroupOptions = new GroupOptions { MaxStateBytes = 50_000 } };
        host.Restart();
        host.Topics.Create("t", 10);
        var a = new ConsumerClient(host, "a");
        a.Beat();
        a.Owned.Should().HaveCount(10);

        host.Topics.Grow("t", 1000);

        a.Beat().Should().Be(ErrorCode.GroupMaxSizeReached);
        host.Groups.FindConsumer("g")!.Bytes.Should().BeLessThan(50_000);
    }

    private void Settle(params ConsumerClient[] members)
    {
        for (var round = 0; round < 6; round++)
        {
            foreach (var member in members)
                member.Beat();
            _host.Workers.Release();
            _host.Timers.Advance(2_000); // the next assignment of so many is not due at once
        }
        foreach (var member in members)
            member.Beat();
    }
}
