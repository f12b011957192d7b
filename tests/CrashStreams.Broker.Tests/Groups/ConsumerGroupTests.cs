using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

public class ConsumerGroupTests
{
    private readonly CoordinatorHost _host = new();
    private readonly TopicInfo _topic;

    public ConsumerGroupTests() => _topic = _host.Topics.Create("t", 6);

    private ConsumerGroup Group => _host.Groups.FindConsumer("g")!;

    [Fact]
    public void The_first_member_has_everything_with_its_first_heartbeat()
    {
        var a = Join("a");
        a.Epoch.Should().Be(1);
        a.Owned.Should().BeEquivalentTo(Partitions(0, 6));
        a.Last.HeartbeatIntervalMs.Should().BeLessThan(1000);
        Group.State.Should().Be(ConsumerGroupState.Stable);
        a.Beat();
        a.Beat();
        a.Last.Assignment.Should().BeNull("nothing has changed since the last answer");
    }

    [Fact]
    public void A_partition_is_given_only_when_its_former_owner_has_confirmed_its_release()
    {
        var a = Join("a");
        var b = Join("b");
        b.Owned.Should().BeEmpty();
        b.Epoch.Should().Be(2);
        a.Beat(ignoresAssignment: true);
        a.Epoch.Should().Be(1, "it has to give up something first");
        Group.State.Should().Be(ConsumerGroupState.Reconciling);
        b.Beat();
        b.Owned.Should().BeEmpty("a has not confirmed");
        a.Beat(ignoresAssignment: true);
        b.Beat();
        b.Owned.Should().BeEmpty("a says nothing of its partitions");

        a.Owned.ExceptWith(Partitions(3, 6));
        a.SendAllNext();
        a.Beat();
        a.Epoch.Should().Be(2);
        b.Beat();
        b.Owned.Should().HaveCount(3);
        a.Owned.Overlaps(b.Owned).Should().BeFalse();
        Group.State.Should().Be(ConsumerGroupState.Stable);
    }

    [Fact]
    public void Three_members_settle_in_less_than_a_second()
    {
        var members = new[] { new ConsumerClient(_host, "a"), new ConsumerClient(_host, "b"), new ConsumerClient(_host, "c") };
        var nextBeat = members.ToDictionary(member => member, _ => _host.Timers.NowMs);
        var startMs = _host.Timers.NowMs;
        while (members.Any(member => member.Owned.Count != 2) || Group.State != ConsumerGroupState.Stable)
        {
            foreach (var member in members.Where(member => nextBeat[member] <= _host.Timers.NowMs))
            {
                member.Beat();
                nextBeat[member] = _host.Timers.NowMs + member.Last.HeartbeatIntervalMs;
            }
            _host.Timers.Advance(10);
            (_host.Timers.NowMs - startMs).Should().BeLessThan(1_000);
        }
    }

    [Fact]
    public void A_member_that_does_not_give_up_in_time_is_fenced()
    {
        var a = Join("a");
        var b = Join("b");
        a.Beat(ignoresAssignment: true);
        for (var passedMs = 0; passedMs < 60_000; passedMs += 10_000)
        {
            _host.Timers.Advance(10_000);
            a.Beat(ignoresAssignment: true);
            b.Beat();
        }
        a.Owned.Should().BeEmpty();
        b.Beat();
        b.Owned.Should().HaveCount(6);
    }

    [Fact]
    public void A_silent_member_is_out_after_the_session_timeout()
    {
        var a = Join("a");
        _host.Timers.Advance(44_999);
        a.Beat().Should().Be(ErrorCode.None);
        _host.Timers.Advance(45_000);
        Group.State.Should().Be(ConsumerGroupState.Empty);
        a.Beat().Should().Be(ErrorCode.UnknownMemberId);
        a.Beat().Should().Be(ErrorCode.None);
        a.Owned.Should().HaveCount(6);
    }

    [Fact]
    public void A_leaving_member_frees_its_partitions_at_once()
    {
        var (a, b) = SettledPair();
        b.Leave().Should().Be(ErrorCode.None);
        b.Last.MemberEpoch.Should().Be(-1);
        a.Beat();
        a.Owned.Should().HaveCount(6);
        b.Leave().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_wrong_epoch_is_fenced_and_a_lost_answer_is_not()
    {
        var a = Join("a");
        a.Epoch = 5;
        a.Beat().Should().Be(ErrorCode.FencedMemberEpoch);
        a.Beat().Should().Be(ErrorCode.None, "it joined again");

        _host.Topics.Grow("t", 8);
        a.Beat(losesAnswer: true);
        a.Epoch.Should().Be(Group.GroupEpoch - 1);
        a.Beat().Should().Be(ErrorCode.None);
        a.Epoch.Should().Be(Group.GroupEpoch);
        a.Owned.Should().HaveCount(8);
    }

    [Fact]
    public void Topics_that_appear_grow_or_go_change_the_assignment()
    {
        var a = new ConsumerClient(_host, "a") { Topics = ["t", "later"] };
        a.Beat();
        a.Owned.Should().HaveCount(6);
        var later = _host.Topics.Create("later", 2);
        a.Beat();
        a.Owned.Should().Contain(new TopicIdPartition(later.Id, 1)).And.HaveCount(8);
        _host.Topics.Grow("later", 3);
        a.Beat();
        a.Owned.Should().HaveCount(9);
        _host.Topics.Delete("later");
        a.Beat();
        a.Beat();
        a.Owned.Should().BeEquivalentTo(Partitions(0, 6));
    }

    [Fact]
    public void A_changed_subscription_moves_partitions()
    {
        _host.Topics.Create("u", 2);
        var a = Join("a");
        a.Topics = ["u"];
        a.SendAllNext();
        a.Beat();
        a.Beat();
        a.Owned.Should().HaveCount(2);
    }

    [Fact]
    public void A_pattern_subscribes_to_the_topics_that_it_matches_as_a_whole()
    {
        _host.Topics.Create("orders-1", 1);
        _host.Topics.Create("my-orders-1", 1);
        var a = new ConsumerClient(_host, "a") { Topics = null, Pattern = "orders-[0-9]+" };
        a.Beat().Should().Be(ErrorCode.None);
        a.Owned.Should().ContainSingle();
        _host.Topics.Create("orders-23", 2);
        a.Beat();
        a.Owned.Should().HaveCount(3);
        a.Pattern = "";
        a.Topics = ["t"];
        a.SendAllNext();
        a.Beat();
        a.Beat();
        a.Owned.Should().HaveCount(6);
    }

    [Theory]
    [InlineData("(")]
    [InlineData(@"(a)\1")]
    [InlineData("(?=a)")]
    public void A_pattern_that_RE2_would_refuse_is_refused(string pattern) =>
        new ConsumerClient(_host, "a") { Topics = null, Pattern = pattern }.Beat().Should().Be(ErrorCode.InvalidRegularExpression);

    [Fact]
    public void A_pattern_that_backtracks_elsewhere_takes_linear_time_and_a_huge_one_is_refused()
    {
        _host.Topics.Create(new string('a', 200), 1);
        new ConsumerClient(_host, "a") { Topics = null, Pattern = "(a*)*b" }.Beat().Should().Be(ErrorCode.None);
        new ConsumerClient(_host, "b") { Topics = null, Pattern = new string('a', 2000) }.Beat().Should().Be(ErrorCode.InvalidRegularExpression);
    }

    [Fact]
    public void The_assignor_that_most_members_ask_for_is_used_and_an_unknown_one_refused()
    {
        var a = new ConsumerClient(_host, "a") { Assignor = "range" };
        a.Beat();
        Group.AssignorName.Should().Be("range");
        new ConsumerClient(_host, "x") { Assignor = "mine" }.Beat().Should().Be(ErrorCode.UnsupportedAssignor);
        foreach (var id in new[] { "b", "c" })
            new ConsumerClient(_host, id) { Assignor = "uniform" }.Beat();
        Group.AssignorName.Should().Be("uniform");
    }

    [Fact]
    public void A_static_member_that_comes_back_has_its_partitions_and_nobody_else_notices()
    {
        var a = new ConsumerClient(_host, "a1", "i");
        a.Beat();
        var b = Join("b");
        Settle(a, b);
        var (had, epoch) = (a.Owned.ToHashSet(), Group.GroupEpoch);
        var early = new ConsumerClient(_host, "a2", "i");
        early.Beat().Should().Be(ErrorCode.UnreleasedInstanceId);

        a.Leave(epoch: -2).Should().Be(ErrorCode.None);
        a.Last.MemberEpoch.Should().Be(-2);
        b.Beat();
        _host.Restart();
        early.Beat().Should().Be(ErrorCode.None);

        early.Owned.Should().BeEquivalentTo(had);
        Group.GroupEpoch.Should().Be(epoch);
        a.Epoch = epoch;
        a.Beat().Should().Be(ErrorCode.FencedInstanceId);
    }

    [Fact]
    public void A_static_member_that_stays_away_loses_its_place()
    {
        var a = new ConsumerClient(_host, "a1", "i");
        a.Beat();
        var b = Join("b");
        Settle(a, b);
        a.Leave(epoch: -2);
        for (var i = 0; i < 5; i++)
        {
            _host.Timers.Advance(10_000);
            b.Beat();
        }
        b.Owned.Should().HaveCount(6);
    }

    [Fact]
    public void A_group_survives_a_restart_in_the_middle_of_a_move()
    {
        var a = Join("a");
        var b = Join("b");
        a.Beat(ignoresAssignment: true);
        _host.GroupJournal.Compact(keepTombstones: false);
        _host.Restart();
        b.Beat().Should().Be(ErrorCode.None);
        b.Owned.Should().BeEmpty("a still has everything");
        a.SendAllNext();
        Settle(a, b);
        (a.Owned.Count, b.Owned.Count).Should().Be((3, 3));
        a.Owned.Overlaps(b.Owned).Should().BeFalse();
    }

    [Fact]
    public void A_topic_that_changed_just_before_a_restart_is_noticed_after_it()
    {
        var a = Join("a");
        _host.Topics.Grow("t", 9);
        _host.Restart();
        a.Beat();
        a.Owned.Should().HaveCount(9);
        var epoch = Group.GroupEpoch;
        _host.Restart();
        a.Beat();
        Group.GroupEpoch.Should().Be(epoch, "nothing has changed");
    }

    [Fact]
    public void Malformed_requests_are_refused()
    {
        Beat(request => request.MemberId = "").Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.GroupId = "").Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.RebalanceTimeoutMs = -1).Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.SubscribedTopicNames = null).Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.TopicPartitions = [new() { TopicId = _topic.Id, Partitions = [1] }]).Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.InstanceId = "").Should().Be(ErrorCode.InvalidRequest);
        Beat(_ => { }).Should().Be(ErrorCode.None);
        Beat(request => request.MemberEpoch = -2).Should().Be(ErrorCode.InvalidRequest);
        Beat(request => request.MemberEpoch = -3).Should().Be(ErrorCode.InvalidRequest);

        ErrorCode Beat(Action<ConsumerGroupHeartbeatRequest> change)
        {
            var request = new ConsumerGroupHeartbeatRequest { GroupId = "g", MemberId = "m", RebalanceTimeoutMs = 1000, SubscribedTopicNames = ["t"], TopicPartitions = [] };
            change(request);
            return ConsumerGroupHeartbeat.Handle(request, 1, new ClientIdentity("client", "/127.0.0.1"), UserAccess.Everything, _host.Groups).ErrorCode;
        }
    }

    [Fact]
    public void An_empty_group_changes_its_protocol_and_keeps_its_offsets()
    {
        var classic = new ClassicClient(_host, "c");
        classic.Join();
        classic.Sync();
        classic.Commit(offset: 42).Should().Be(ErrorCode.None);
        var modern = new ConsumerClient(_host, "m");
        modern.Beat().Should().Be(ErrorCode.GroupIdNotFound, "the classic group has a member");
        classic.Leave();

        modern.Beat().Should().Be(ErrorCode.None);
        ListGroups.Handle(new ListGroupsRequest(), _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups.Should().ContainSingle().Which.GroupType.Should().Be("consumer");
        _host.Groups.Find("g")!.Offsets.Find(new TopicPartition("t", 0))!.Offset.Should().Be(42);
        var back = new ClassicClient(_host, "c");
        back.Join().Should().Be(ErrorCode.InconsistentGroupProtocol, "the consumer group has a member");
        _host.Restart();
        modern.Beat().Should().Be(ErrorCode.None);
        modern.Leave();
        back.Join().Should().Be(ErrorCode.None);
        back.Sync();
        _host.Restart();
        back.Beat().Should().Be(ErrorCode.None);
        _host.Groups.Find("g")!.Offsets.Find(new TopicPartition("t", 0))!.Offset.Should().Be(42);
    }

    [Fact]
    public void A_group_is_described_with_current_and_target_assignments()
    {
        var a = Join("a");
        Join("b");
        a.Beat(ignoresAssignment: true);
        var described = ConsumerGroupDescribe.Handle(new ConsumerGroupDescribeRequest { GroupIds = ["g", "none"] }, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups;
        described[0].Should().BeEquivalentTo(new { GroupState = "Reconciling", GroupEpoch = 2, AssignmentEpoch = 2, AssignorName = "uniform" });
        described[0].Members[0].TargetAssignment.TopicPartitions.Single().Should().BeEquivalentTo(new { TopicName = "t", TopicId = _topic.Id });
        described[0].Members[1].Assignment.TopicPartitions.Should().BeEmpty();
        described[1].ErrorCode.Should().Be(ErrorCode.GroupIdNotFound);
        DescribeGroups.Handle(new DescribeGroupsRequest { Groups = ["g"] }, 6, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups[0].ErrorCode.Should().Be(ErrorCode.GroupIdNotFound);
    }

    [Fact]
    public void What_cannot_be_stored_is_not_answered_and_is_written_later()
    {
        var a = new ConsumerClient(_host, "a");
        _host.GroupJournal.IsFull = true;
        a.Beat().Should().Be(ErrorCode.CoordinatorNotAvailable);
        _host.GroupJournal.IsFull = false;
        a.Beat().Should().Be(ErrorCode.None);
        _host.Restart();
        a.Beat().Should().Be(ErrorCode.None);
        a.Owned.Should().HaveCount(6);
    }

    private ConsumerClient Join(string id)
    {
        var client = new ConsumerClient(_host, id);
        client.Beat().Should().Be(ErrorCode.None);
        return client;
    }

    private (ConsumerClient First, ConsumerClient Second) SettledPair()
    {
        var (a, b) = (Join("a"), Join("b"));
        Settle(a, b);
        b.Owned.Should().HaveCount(3);
        return (a, b);
    }

    private static void Settle(params ConsumerClient[] clients)
    {
        for (var i = 0; i < 4; i++)
        {
            foreach (var client in clients)
                client.Beat();
        }
    }

    [Fact]
    public void What_a_member_subscribed_to_before_is_not_kept()
    {
        var a = Join("a");
        var before = Names(a);

        a.Topics = ["t", "u"];
        a.SendAllNext();
        a.Beat();

        GC.Collect();
        before.IsAlive.Should().BeFalse("a member can change its mind as often as it likes");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Names(ConsumerClient client)
        {
            client.Topics = ["t", "v"];
            client.SendAllNext();
            client.Beat();
            return new WeakReference(Group.Members.Single().TopicNames);
        }
    }

    [Fact]
    public void A_member_that_names_more_topics_than_there_are_reasons_for_is_refused() =>
        new ConsumerClient(_host, "a") { Topics = [.. Enumerable.Range(0, 10_001).Select(i => $"t{i}")] }.Beat().Should().Be(ErrorCode.InvalidRequest);

    private IEnumerable<TopicIdPartition> Partitions(int from, int to) => Enumerable.Range(from, to - from).Select(index => new TopicIdPartition(_topic.Id, index));
}
