using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

/// <summary>With which epoch a member may commit and fetch offsets.</summary>
public class ConsumerGroupCommitTests
{
    private readonly CoordinatorHost _host = new();

    public ConsumerGroupCommitTests() => _host.Topics.Create("t", 6);

    private ConsumerGroup Group => _host.Groups.FindConsumer("g")!;

    [Fact]
    public void Commits_and_fetches_carry_the_member_epoch()
    {
        var a = Join("a");
        Commit("a", a.Epoch).Should().Be(ErrorCode.None);
        Commit("a", a.Epoch - 1).Should().Be(ErrorCode.StaleMemberEpoch);
        Commit("x", a.Epoch).Should().Be(ErrorCode.UnknownMemberId);
        Commit("", -1).Should().Be(ErrorCode.UnknownMemberId);
        Fetch("a", a.Epoch).Should().Be(ErrorCode.None);
        Fetch("a", a.Epoch + 1).Should().Be(ErrorCode.StaleMemberEpoch);
        Fetch("x", 1).Should().Be(ErrorCode.UnknownMemberId);
        Fetch(null, -1).Should().Be(ErrorCode.None);
        a.Leave();
        Commit("", -1).Should().Be(ErrorCode.None, "an operator may commit for an empty group");

        ErrorCode Commit(string member, int epoch) => OffsetCommit.Handle(
            new OffsetCommitRequest { GroupId = "g", MemberId = member, GenerationIdOrMemberEpoch = epoch, Topics = [new() { Name = "t", Partitions = [new()] }] },
            9,
            _host.Groups).Topics[0].Partitions[0].ErrorCode;
        ErrorCode Fetch(string? member, int epoch) =>
            OffsetFetch.Handle(new OffsetFetchRequest { Groups = [new() { GroupId = "g", MemberId = member, MemberEpoch = epoch, Topics = [] }] }, 9, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups[0].ErrorCode;
    }

    /// <summary>KIP-1251: who has not heard of an epoch yet loses no commit of what it keeps.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_commit_with_an_earlier_epoch_is_taken_for_what_was_here_then(bool isAfterRestart)
    {
        var a = Join("a");
        var b = Join("b");
        for (var round = 0; round < 4; round++)
        {
            a.Beat();
            b.Beat();
        }

        var (kept, given) = (a.Owned.Select(p => p.Partition).ToArray(), b.Owned.Select(p => p.Partition).ToArray());
        b.Leave();
        a.Beat(losesAnswer: true);
        if (isAfterRestart)
            _host.Restart();
        a.Epoch.Should().Be(2);
        Commit(2, kept).Should().AllBeEquivalentTo(ErrorCode.None);
        Commit(1, kept).Should().AllBeEquivalentTo(ErrorCode.None, "they were here with the first epoch already");
        Commit(2, given).Should().AllBeEquivalentTo(ErrorCode.StaleMemberEpoch);
        Commit(2, [.. kept, .. given]).Should().AllBeEquivalentTo(ErrorCode.StaleMemberEpoch, "a request is taken as a whole");
        Commit(4, kept).Should().AllBeEquivalentTo(ErrorCode.StaleMemberEpoch);
        Commit(3, given).Should().AllBeEquivalentTo(ErrorCode.None);
        a.Beat();
        var c = Join("c");
        a.Beat(ignoresAssignment: true);
        Group.Members.Single(m => m.Id == "a").Revoking.Should().HaveCount(3);
        Commit(3, [.. kept, .. given]).Should().AllBeEquivalentTo(ErrorCode.None, "what it has to give up it may still commit");

        List<ErrorCode> Commit(int epoch, int[] partitions) => OffsetCommit.Handle(
            new OffsetCommitRequest
            {
                GroupId = "g", MemberId = "a", GenerationIdOrMemberEpoch = epoch, Topics = [new() { Name = "t", Partitions = [.. partitions.Select(p => new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = p })] }],
            },
            9,
            _host.Groups).Topics[0].Partitions.ConvertAll(p => p.ErrorCode);
    }

    private ConsumerClient Join(string id)
    {
        var client = new ConsumerClient(_host, id);
        client.Beat().Should().Be(ErrorCode.None);
        return client;
    }
}
