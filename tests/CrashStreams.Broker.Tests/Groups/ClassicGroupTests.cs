using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

public class ClassicGroupTests
{
    private readonly CoordinatorHost _host = new();

    public ClassicGroupTests() => _host.Topics.Create("t", 4);

    private ClassicGroup Group => (ClassicGroup)_host.Groups.FindClassic("g")!;

    [Fact]
    public void A_dynamic_member_first_gets_an_id_and_starts_the_group_at_once_with_it()
    {
        var a = Client("a");
        a.JoinOnce().Should().Be(ErrorCode.MemberIdRequired);
        a.MemberId.Should().StartWith("a-");
        a.JoinOnce().Should().Be(ErrorCode.None);
        a.IsLeader.Should().BeTrue();
        a.Joined!.Members.Should().ContainSingle();
        a.Generation.Should().Be(1);
        a.Sync().Should().Be(ErrorCode.None);
        a.Synced!.Assignment.Should().Equal(ClassicClient.AssignmentOf(a.MemberId));
        Group.State.Should().Be(ClassicGroupState.Stable);
        a.Beat().Should().Be(ErrorCode.None);
    }

    [Fact]
    public void Old_clients_join_without_being_asked_for_an_id() => Client("a").JoinOnce(version: 3).Should().Be(ErrorCode.None);

    [Fact]
    public void A_promised_id_that_nobody_uses_is_forgotten_after_the_session_timeout()
    {
        var a = Client("a");
        a.JoinOnce();
        _host.Timers.Advance(ClassicClient.SessionTimeoutMs);
        a.JoinOnce().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_second_member_waits_until_the_first_joins_again_and_only_the_leader_sees_the_members()
    {
        var a = Stable("a");
        var b = Client("b");
        b.Join().Should().BeNull("the join phase is open");
        a.Beat().Should().Be(ErrorCode.RebalanceInProgress);
        a.Join().Should().Be(ErrorCode.None);
        b.Joined!.ErrorCode.Should().Be(ErrorCode.None);
        (a.Generation, b.Generation).Should().Be((2, 2));
        a.Joined!.Members.Should().HaveCount(2);
        b.Joined.Members.Should().BeEmpty();
        b.Sync().Should().BeNull("a follower waits for the leader");
        a.Sync().Should().Be(ErrorCode.None);
        b.Synced!.Assignment.Should().Equal(ClassicClient.AssignmentOf(b.MemberId));
    }

    [Fact]
    public void A_member_that_does_not_join_again_is_out_when_the_rebalance_timeout_is_over()
    {
        var a = Stable("a");
        var b = Client("b");
        b.Join();
        KeepAlive(ClassicClient.RebalanceTimeoutMs, a);
        b.Joined!.ErrorCode.Should().Be(ErrorCode.None);
        b.IsLeader.Should().BeTrue();
        a.Beat().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_member_without_heartbeats_is_out_after_its_session_timeout()
    {
        var (a, b) = StablePair();
        _host.Timers.Advance(ClassicClient.SessionTimeoutMs - 1);
        a.Beat().Should().Be(ErrorCode.None);
        _host.Timers.Advance(1);
        a.Beat().Should().Be(ErrorCode.RebalanceInProgress);
        b.Beat().Should().Be(ErrorCode.UnknownMemberId);
        a.Join().Should().Be(ErrorCode.None);
        a.Joined!.Members.Should().ContainSingle();
    }

    [Fact]
    public void A_member_whose_join_is_held_does_not_expire()
    {
        var a = Stable("a");
        var b = Client("b");
        b.Join();
        KeepAlive(5 * ClassicClient.SessionTimeoutMs, a);
        a.Join();
        b.Joined!.ErrorCode.Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_leaving_member_makes_the_others_rebalance_at_once()
    {
        var (a, b) = StablePair();
        b.Leave().Should().Be(ErrorCode.None);
        a.Beat().Should().Be(ErrorCode.RebalanceInProgress);
        a.Join().Should().Be(ErrorCode.None);
        a.Sync();
        a.Leave().Should().Be(ErrorCode.None);
        Group.State.Should().Be(ClassicGroupState.Empty);
        a.Leave().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_follower_that_only_looks_in_changes_nothing_and_a_leader_or_a_changed_mind_rebalances()
    {
        var (a, b) = StablePair();
        b.Join().Should().Be(ErrorCode.None);
        b.Generation.Should().Be(2);
        b.Sync().Should().Be(ErrorCode.None);
        Group.State.Should().Be(ClassicGroupState.Stable);

        b.Subscription = 2;
        b.Join().Should().BeNull();
        a.Beat().Should().Be(ErrorCode.RebalanceInProgress);
        a.Join();
        a.Sync();
        b.Sync();
        Group.State.Should().Be(ClassicGroupState.Stable);

        a.Join().Should().BeNull("the leader wants to assign anew");
        Group.State.Should().Be(ClassicGroupState.PreparingRebalance);
    }

    [Fact]
    public void A_lost_join_answer_is_given_again()
    {
        var a = Client("a");
        a.Join();
        a.Join().Should().Be(ErrorCode.None);
        a.Generation.Should().Be(1);
        a.Joined!.Members.Should().ContainSingle();
    }

    [Fact]
    public void A_leader_that_never_assigns_is_dropped()
    {
        var a = Stable("a");
        var b = Client("b");
        b.Join();
        a.Join();
        b.Sync();
        KeepAlive(ClassicClient.RebalanceTimeoutMs, a);
        b.Synced!.ErrorCode.Should().Be(ErrorCode.RebalanceInProgress);
        a.Beat().Should().Be(ErrorCode.UnknownMemberId);
        b.Join().Should().Be(ErrorCode.None);
        b.IsLeader.Should().BeTrue();
    }

    [Fact]
    public void A_sync_during_a_new_rebalance_or_of_an_old_generation_is_told_so()
    {
        var (a, b) = StablePair();
        Client("c").Join();
        b.Sync().Should().Be(ErrorCode.RebalanceInProgress);
        a.Generation = 1;
        a.Sync().Should().Be(ErrorCode.IllegalGeneration);
        a.Beat().Should().Be(ErrorCode.IllegalGeneration);
    }

    [Fact]
    public void The_protocol_that_all_support_is_chosen_and_one_without_any_in_common_is_refused()
    {
        var a = Client("a");
        a.Protocols = ["range", "cooperative-sticky"];
        a.Join();
        a.Sync();
        var b = Client("b");
        b.Protocols = ["cooperative-sticky"];
        b.Join();
        a.Join();
        a.Joined!.ProtocolName.Should().Be("cooperative-sticky");
        var c = Client("c");
        c.Protocols = ["mine"];
        c.Join().Should().Be(ErrorCode.InconsistentGroupProtocol);
    }

    [Theory]
    [InlineData(5_999)]
    [InlineData((30 * 60_000) + 1)]
    public void A_session_timeout_outside_the_limits_is_refused_and_leaves_no_group(int sessionTimeoutMs)
    {
        JoinGroupResponse? answer = null;
        var request = new JoinGroupRequest { GroupId = "g", ProtocolType = "consumer", SessionTimeoutMs = sessionTimeoutMs, Protocols = [new() { Name = "range" }] };
        JoinGroup.Handle(request, 9, default, UserAccess.Everything, _host.Groups, response => answer = response);
        answer!.ErrorCode.Should().Be(ErrorCode.InvalidSessionTimeout);
        _host.Groups.Groups.Should().BeEmpty();
    }

    [Fact]
    public void Offsets_are_accepted_while_the_group_prepares_and_not_while_it_completes()
    {
        var a = Stable("a");
        a.Commit().Should().Be(ErrorCode.None);
        var b = Client("b");
        b.Join();
        a.Commit().Should().Be(ErrorCode.None);
        a.Join();
        a.Commit().Should().Be(ErrorCode.RebalanceInProgress);
        a.Generation = 1;
        a.Commit().Should().Be(ErrorCode.IllegalGeneration);
        a.Commit(memberId: "stranger").Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_static_member_comes_back_to_its_place_without_a_rebalance_and_fences_its_former_self()
    {
        var a = Stable("a", "i1");
        var b = Client("b", "i2");
        b.Join();
        a.Join();
        a.Sync();
        b.Sync();
        var again = Client("b", "i2");

        again.Join().Should().Be(ErrorCode.None);

        again.Generation.Should().Be(2);
        again.MemberId.Should().NotBe(b.MemberId);
        again.Sync().Should().Be(ErrorCode.None);
        again.Synced!.Assignment.Should().Equal(ClassicClient.AssignmentOf(b.MemberId), "the assignment is that of its place");
        Group.State.Should().Be(ClassicGroupState.Stable);
        b.Beat().Should().Be(ErrorCode.FencedInstanceId);
        b.Commit().Should().Be(ErrorCode.FencedInstanceId);
        a.Beat().Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_static_leader_that_comes_back_need_not_assign_again()
    {
        var a = Stable("a", "i1");
        var modern = Client("a", "i1");
        modern.Join(version: 9).Should().Be(ErrorCode.None);
        modern.Joined!.SkipAssignment.Should().BeTrue();
        modern.Joined.Leader.Should().Be(modern.MemberId);

        var old = Client("a", "i1");
        old.Join(version: 5).Should().Be(ErrorCode.None);
        old.Joined!.Leader.Should().Be(modern.MemberId, "the former leader's id keeps an old client from assigning");
        old.Joined.Members.Should().BeEmpty();
        a.Beat().Should().Be(ErrorCode.FencedInstanceId);
    }

    [Fact]
    public void A_static_member_with_another_subscription_rebalances()
    {
        Stable("a", "i1");
        var again = Client("a", "i1");
        again.Subscription = 2;
        again.Join().Should().Be(ErrorCode.None);
        again.Generation.Should().Be(2);
    }

    [Fact]
    public void A_static_member_keeps_its_place_through_a_rebalance_that_it_misses_until_its_session_ends()
    {
        Stable("a", "i1");
        var b = Client("b");
        b.Join().Should().BeNull();
        _host.Timers.Advance(ClassicClient.SessionTimeoutMs);
        b.Joined!.ErrorCode.Should().Be(ErrorCode.None);
        b.Joined.Members.Should().ContainSingle();
    }

    [Fact]
    public void An_operator_removes_a_static_member_by_its_instance_id()
    {
        var a = Stable("a", "i1");
        var response = LeaveGroup.Handle(
            new LeaveGroupRequest { GroupId = "g", Members = [new() { GroupInstanceId = "i1" }, new() { GroupInstanceId = "i9" }, new() { MemberId = "stranger", GroupInstanceId = "i1" }] }, 5, _host.Groups);
        response.Last()!.Members.Select(member => member.ErrorCode).Should().Equal(ErrorCode.None, ErrorCode.UnknownMemberId, ErrorCode.UnknownMemberId);
        a.Beat().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_stable_group_survives_a_restart_with_its_members_and_assignments()
    {
        var (a, b) = StablePair();
        _host.Restart();
        a.Beat().Should().Be(ErrorCode.None);
        b.Sync().Should().Be(ErrorCode.None);
        b.Synced!.Assignment.Should().Equal(ClassicClient.AssignmentOf(b.MemberId));
        _host.Timers.Advance(ClassicClient.SessionTimeoutMs - 1);
        a.Beat().Should().Be(ErrorCode.None);
        _host.Timers.Advance(1);
        a.Beat().Should().Be(ErrorCode.RebalanceInProgress, "b was not heard of after the restart");
    }

    [Fact]
    public void An_assignment_that_cannot_be_stored_is_not_handed_out()
    {
        var a = Client("a");
        a.Join();
        _host.GroupJournal.IsFull = true;
        a.Sync().Should().Be(ErrorCode.CoordinatorNotAvailable);
        _host.GroupJournal.IsFull = false;
        a.Join().Should().Be(ErrorCode.None);
        a.Sync().Should().Be(ErrorCode.None);
    }

    [Fact]
    public void An_initial_delay_gathers_members_before_the_first_generation()
    {
        _host.GroupOptions = new GroupOptions { InitialRebalanceDelayMs = 3_000 };
        _host.Restart();
        var (a, b) = (Client("a"), Client("b"));
        a.Join().Should().BeNull();
        b.Join().Should().BeNull();
        _host.Timers.Advance(3_000);
        (a.Generation, b.Generation).Should().Be((1, 1));
        a.Joined!.Members.Should().HaveCount(2);
    }

    [Fact]
    public void Groups_are_listed_described_and_deleted_when_they_are_empty()
    {
        var a = Stable("a");
        ListGroups.Handle(new ListGroupsRequest { StatesFilter = ["stable"], TypesFilter = ["Classic"] }, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups.Should().ContainSingle();
        ListGroups.Handle(new ListGroupsRequest { StatesFilter = ["Empty"] }, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups.Should().BeEmpty();
        var described = DescribeGroups.Handle(new DescribeGroupsRequest { Groups = ["g", "none"] }, 6, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups;
        described[0].Should().BeEquivalentTo(new { GroupState = "Stable", ProtocolType = "consumer", ProtocolData = "range" });
        described[0].Members.Should().ContainSingle().Which.ClientHost.Should().Be("/127.0.0.1");
        described[1].ErrorCode.Should().Be(ErrorCode.GroupIdNotFound);
        DescribeGroups.Handle(new DescribeGroupsRequest { Groups = ["none"] }, 5, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups[0].Should().BeEquivalentTo(new { ErrorCode = ErrorCode.None, GroupState = "Dead" });

        Delete().Should().Be(ErrorCode.NonEmptyGroup);
        a.Leave();
        Delete().Should().Be(ErrorCode.None);
        Delete().Should().Be(ErrorCode.GroupIdNotFound);
        _host.Restart();
        _host.Groups.Groups.Should().BeEmpty();

        ErrorCode Delete() => DeleteGroups.Handle(new DeleteGroupsRequest { GroupsNames = ["g"] }, _host.Groups).Last()!.Results[0].ErrorCode;
    }

    [Theory]
    [InlineData(ClassicGroupState.Empty, ClassicGroupState.Stable)]
    [InlineData(ClassicGroupState.Stable, ClassicGroupState.CompletingRebalance)]
    [InlineData(ClassicGroupState.Dead, ClassicGroupState.PreparingRebalance)]
    internal void An_illegal_move_names_both_states(ClassicGroupState from, ClassicGroupState to) =>
        ((Action)(() => from.To(to))).Should().Throw<InvalidOperationException>().WithMessage($"*{from}*{to}*");

    private ClassicClient Client(string name, string? instanceId = null) => new(_host, name, instanceId);

    private ClassicClient Stable(string name, string? instanceId = null)
    {
        var client = Client(name, instanceId);
        client.Join().Should().Be(ErrorCode.None);
        client.Sync().Should().Be(ErrorCode.None);
        return client;
    }

    private (ClassicClient Leader, ClassicClient Follower) StablePair()
    {
        var a = Stable("a");
        var b = Client("b");
        b.Join();
        a.Join();
        a.Sync();
        b.Sync();
        b.Synced!.ErrorCode.Should().Be(ErrorCode.None);
        return (a, b);
    }

    private void KeepAlive(int ms, params ClassicClient[] clients)
    {
        for (var passed = 0; passed < ms; passed += 5_000)
        {
            _host.Timers.Advance(5_000);
            foreach (var client in clients)
                client.Beat();
        }
    }
}
