using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>Members of both protocols in one group, as Apache Kafka has it (group.consumer.migration.policy=bidirectional).</summary>
public class MixedGroupTests
{
    private const int Partitions = 6;

    private readonly CoordinatorHost _host = new();

    public MixedGroupTests() => _host.Topics.Create("t", Partitions);

    private ConsumerGroup Consumers => _host.Groups.FindConsumer("g")!;

    [Theory, InlineData(false), InlineData(true)]
    public void A_consumer_that_joins_a_classic_group_shares_its_partitions(bool isCooperative)
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative), new ConsumerClient(_host, "new"));
        classic.Settle();
        classic.Owned.Should().HaveCount(Partitions);

        consumer.Beat().Should().Be(ErrorCode.None);
        consumer.Owned.Should().BeEmpty("the other has them all");
        Rounds([consumer], [classic]);

        Consumers.State.Should().Be(ConsumerGroupState.Stable);
        classic.Owned.Should().HaveCount(3);
        consumer.Owned.Should().HaveCount(3);
        classic.Commit().Should().Be(ErrorCode.None);
        classic.Commit(generation: classic.Generation - 1).Should().Be(ErrorCode.IllegalGeneration);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_classic_member_that_joins_a_group_of_consumers_is_assigned_by_the_coordinator(bool isCooperative)
    {
        var (consumer, classic) = (new ConsumerClient(_host, "new"), new ClassicConsumer(_host, "old", isCooperative));
        consumer.Beat();

        Rounds([consumer], [classic]);

        classic.Owned.Should().HaveCount(3);
        classic.Owned.Should().NotIntersectWith(consumer.Owned);
        Describe().Members.Select(member => (member.MemberId, member.MemberType)).Should().BeEquivalentTo([("new", (sbyte)1), (classic.MemberId, (sbyte)0)]);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void When_the_last_consumer_leaves_the_classic_members_go_on_as_a_classic_group(bool dies)
    {
        var consumer = new ConsumerClient(_host, "new");
        ClassicConsumer[] classic = [new(_host, "a", isCooperative: false), new(_host, "b", isCooperative: true)];
        Rounds([consumer], classic);

        if (!dies)
            consumer.Leave().Should().Be(ErrorCode.None);
        for (var round = 0; round < 12; round++)
        {
            _host.Timers.Advance(5_000);
            Rounds([], classic);
        }

        _host.Groups.FindClassic("g").Should().BeOfType<ClassicGroup>().Which.State.Should().Be(ClassicGroupState.Stable);
        classic.Sum(member => member.Owned.Count).Should().Be(Partitions);
    }

    [Fact]
    public void A_restart_finds_both_kinds_of_members_as_they_were()
    {
        var (consumer, classic) = (new ConsumerClient(_host, "new"), new ClassicConsumer(_host, "old", isCooperative: true));
        Rounds([consumer], [classic]);
        var (epoch, owned) = (Consumers.GroupEpoch, classic.Owned.ToList());

        _host.Restart();
        Rounds([consumer], [classic]);

        Consumers.GroupEpoch.Should().Be(epoch);
        classic.Owned.Should().BeEquivalentTo(owned);
        classic.Last.Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_restart_after_the_change_back_finds_a_classic_group()
    {
        var (consumer, classic) = (new ConsumerClient(_host, "new"), new ClassicConsumer(_host, "old", isCooperative: false));
        Rounds([consumer], [classic]);
        consumer.Leave();

        _host.Restart();

        _host.Groups.FindClassic("g").Should().BeOfType<ClassicGroup>().Which.Members.Should().ContainSingle();
        Rounds([], [classic]);
        classic.Owned.Should().HaveCount(Partitions);
    }

    [Fact]
    public void A_journal_that_is_full_leaves_the_group_as_it_is()
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative: false), new ConsumerClient(_host, "new"));
        classic.Settle();

        _host.GroupJournal.IsFull = true;
        consumer.Beat().Should().Be(ErrorCode.CoordinatorNotAvailable);
        _host.Groups.FindClassic("g").Should().BeOfType<ClassicGroup>();
        classic.Step();
        classic.Last.Should().Be(ErrorCode.None);

        _host.GroupJournal.IsFull = false;
        Rounds([consumer], [classic]);
        consumer.Owned.Should().HaveCount(3);
    }

    [Fact]
    public void Members_with_an_assignor_of_their_own_stay_alone()
    {
        var classic = new ClassicConsumer(_host, "old", isCooperative: false) { Assignors = ["own"], AssignmentUserData = [1] };
        classic.Step();
        classic.Step();
        classic.Step();

        new ConsumerClient(_host, "new").Beat().Should().Be(ErrorCode.GroupIdNotFound);

        classic.Step();
        classic.Last.Should().Be(ErrorCode.None);
    }

    [Fact]
    public void A_heartbeat_that_is_refused_changes_nothing_for_the_classic_members()
    {
        var classic = new ClassicConsumer(_host, "old", isCooperative: false);
        classic.Settle();

        new ConsumerClient(_host, "new") { Assignor = "unheard of" }.Beat().Should().Be(ErrorCode.UnsupportedAssignor);
        new ConsumerClient(_host, "new") { Topics = null, Pattern = "(" }.Beat().Should().Be(ErrorCode.InvalidRegularExpression);
        classic.Step();
        classic.Settle();

        _host.Groups.FindClassic("g").Should().BeOfType<ClassicGroup>();
        classic.Owned.Should().HaveCount(Partitions);
    }

    [Fact]
    public void Classic_members_that_share_no_assignor_can_not_be_in_one_group()
    {
        var consumer = new ConsumerClient(_host, "new");
        Rounds([consumer], [new ClassicConsumer(_host, "a", isCooperative: false)]);

        new ClassicConsumer(_host, "b", isCooperative: false) { Assignors = ["roundrobin"] }.Join().Should().Be(ErrorCode.InconsistentGroupProtocol);
        new ClassicConsumer(_host, "c", isCooperative: false) { Assignors = ["roundrobin", "range"] }.Join().Should().Be(ErrorCode.MemberIdRequired);
    }

    [Fact]
    public void A_classic_member_that_was_asked_to_join_and_does_not_is_out_after_its_rebalance_timeout()
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative: false), new ConsumerClient(_host, "new"));
        classic.Settle();
        consumer.Beat();

        for (var second = 0; second < 70; second++)
        {
            // Its heartbeats go on.
            Heartbeat.Handle(new() { GroupId = "g", MemberId = classic.MemberId, GenerationId = classic.Generation }, _host.Groups);
            _host.Timers.Advance(1_000);
            consumer.Beat();
        }

        consumer.Owned.Should().HaveCount(Partitions);
        Consumers.Members.Should().ContainSingle();
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_static_member_changes_its_protocol_and_keeps_its_partitions(bool toConsumer)
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative: false, instanceId: "i"), new ConsumerClient(_host, "new", instanceId: "i"));
        var (otherConsumer, otherClassic) = (new ConsumerClient(_host, "other"), new ClassicConsumer(_host, "other", isCooperative: false));
        Rounds(toConsumer ? [otherConsumer] : [consumer, otherConsumer], toConsumer ? [classic, otherClassic] : [otherClassic]);
        var before = (toConsumer ? classic.Owned : consumer.Owned).ToList();

        Rounds(toConsumer ? [consumer, otherConsumer] : [otherConsumer], toConsumer ? [otherClassic] : [classic, otherClassic]);

        (toConsumer ? consumer.Owned : classic.Owned).Should().BeEquivalentTo(before);
        Consumers.Members.Should().HaveCount(3);
        if (toConsumer)
            classic.Step();
        (toConsumer ? classic.Last : consumer.Beat()).Should().Be(ErrorCode.FencedInstanceId);
    }

    [Fact]
    public void A_classic_member_that_leaves_gives_its_partitions_back()
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative: false), new ConsumerClient(_host, "new"));
        Rounds([consumer], [classic]);

        classic.Leave().Should().Be(ErrorCode.None);
        Rounds([consumer], []);

        consumer.Owned.Should().HaveCount(Partitions);
        classic.Leave().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void A_topic_that_grows_reaches_classic_members_too()
    {
        var (classic, consumer) = (new ClassicConsumer(_host, "old", isCooperative: true), new ConsumerClient(_host, "new"));
        Rounds([consumer], [classic]);

        _host.Topics.Grow("t", 10);
        Rounds([consumer], [classic]);

        (classic.Owned.Count, consumer.Owned.Count).Should().Be((5, 5));
    }

    private ConsumerGroupDescribeResponse.DescribedGroup Describe() =>
        ConsumerGroupDescribe.Handle(new() { GroupIds = ["g"] }, _host.Groups, new AnswerBudget(1_000_000)).OfType<ConsumerGroupDescribeResponse>().Single().Groups[0];

    private static void Rounds(ConsumerClient[] consumers, ClassicConsumer[] classic)
    {
        for (var round = 0; round < 12; round++)
        {
            foreach (var member in classic)
            {
                member.Step();
                member.Settle();
            }
            foreach (var member in consumers)
                member.Beat();
            var owned = consumers.SelectMany(member => member.Owned).Concat(classic.SelectMany(member => member.Owned)).ToList();
            owned.Should().OnlyHaveUniqueItems();
        }
    }
}
