using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Broker.Tests.Transactions;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Groups;

public class OffsetTests
{
    private readonly CoordinatorHost _host = new();
    private readonly TopicInfo _topic;

    public OffsetTests() => _topic = _host.Topics.Create("t", 4);

    [Fact]
    public void Offsets_with_epoch_and_metadata_survive_a_restart_and_compaction()
    {
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = 1, CommittedOffset = 5 });
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = 1, CommittedOffset = 7, CommittedLeaderEpoch = 3, CommittedMetadata = "meta" });
        _host.GroupJournal.Compact(keepTombstones: false);
        _host.Restart();
        Fetch(1).Should().BeEquivalentTo(new { CommittedOffset = 7, CommittedLeaderEpoch = 3, Metadata = "meta", ErrorCode = ErrorCode.None });
        Fetch(0).Should().BeEquivalentTo(new { CommittedOffset = -1, CommittedLeaderEpoch = -1, Metadata = "", ErrorCode = ErrorCode.None });
    }

    [Theory]
    [InlineData(4096, ErrorCode.None)]
    [InlineData(4097, ErrorCode.OffsetMetadataTooLarge)]
    internal void Metadata_has_a_limit(int length, ErrorCode expected) =>
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedMetadata = new string('x', length) }).Should().Be(expected);

    [Fact]
    public void Unknown_topics_are_refused_by_name_and_by_id()
    {
        var byName = new OffsetCommitRequest { GroupId = "g", Topics = [new() { Name = "none", Partitions = [new()] }, new() { Name = "t", Partitions = [new()] }] };
        OffsetCommit.Handle(byName, 9, _host.Groups).Topics.Select(topic => topic.Partitions[0].ErrorCode).Should().Equal(ErrorCode.UnknownTopicOrPartition, ErrorCode.None);
        var byId = new OffsetCommitRequest { GroupId = "g", Topics = [new() { TopicId = Guid.NewGuid(), Partitions = [new()] }, new() { TopicId = _topic.Id, Partitions = [new() { CommittedOffset = 8 }] }] };
        OffsetCommit.Handle(byId, 10, _host.Groups).Topics.Select(topic => topic.Partitions[0].ErrorCode).Should().Equal(ErrorCode.UnknownTopicId, ErrorCode.None);

        var fetch = new OffsetFetchRequest { Groups = [new() { GroupId = "g", Topics = [new() { TopicId = _topic.Id, PartitionIndexes = [0] }, new() { TopicId = Guid.NewGuid(), PartitionIndexes = [0] }] }] };
        var fetched = OffsetFetch.Handle(fetch, 10, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups[0].Topics.ConvertAll(topic => topic.Partitions[0]);
        fetched[0].CommittedOffset.Should().Be(8);
        fetched[1].ErrorCode.Should().Be(ErrorCode.UnknownTopicId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    public void All_offsets_of_a_group_can_be_asked_for(short version)
    {
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = 1, CommittedOffset = 5 });
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = 3, CommittedOffset = 6 });
        var response = OffsetFetch.Handle(new OffsetFetchRequest { GroupId = "g", Topics = null, Groups = [new() { GroupId = "g", Topics = null }] }, version, _host.Groups, new AnswerBudget(int.MaxValue)).Last()!;
        var offsets = version < 8
            ? response.Topics.Single().Partitions.Select(partition => (partition.PartitionIndex, partition.CommittedOffset))
            : response.Groups[0].Topics.Single().Partitions.Select(partition => (partition.PartitionIndex, partition.CommittedOffset));
        offsets.Should().Equal((1, 5), (3, 6));
    }

    [Fact]
    public void Only_members_commit_while_there_are_members()
    {
        var member = new ClassicClient(_host, "a");
        member.Join();
        member.Sync();
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition()).Should().Be(ErrorCode.UnknownMemberId);
        member.Leave();
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition()).Should().Be(ErrorCode.None);
        new ClassicClient(_host, "b") { MemberId = "b", Generation = 3 }.Commit().Should().Be(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public void Transactional_offsets_are_unstable_until_the_transaction_ends()
    {
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedOffset = 1 });
        var producer = _host.Transactions.InitProducerId("x", 60_000, ProducerIdentity.None).Producer;
        CommitInTransaction(producer, 5, version: 5).Should().Be(ErrorCode.None);
        _host.Restart();
        Fetch(0, requireStable: true).ErrorCode.Should().Be(ErrorCode.UnstableOffsetCommit);
        Fetch(0).CommittedOffset.Should().Be(1);
        Fetch(1, requireStable: true).ErrorCode.Should().Be(ErrorCode.None);

        producer = _host.Transactions.End("x", producer, commit: false, bumpsEpoch: true).Producer;
        Fetch(0, requireStable: true).CommittedOffset.Should().Be(1);
        CommitInTransaction(producer, 9, version: 5);
        _host.Transactions.End("x", producer, commit: true, bumpsEpoch: true);
        Fetch(0, requireStable: true).CommittedOffset.Should().Be(9);
        _host.Restart();
        Fetch(0, requireStable: true).CommittedOffset.Should().Be(9);
    }

    [Fact]
    public void Under_the_first_protocol_the_group_must_be_announced_before_its_offsets()
    {
        var producer = _host.Transactions.InitProducerId("x", 60_000, ProducerIdentity.None).Producer;
        CommitInTransaction(producer, 5, version: 3).Should().Be(ErrorCode.InvalidTxnState);
        AddOffsetsToTxn.Handle(new AddOffsetsToTxnRequest { TransactionalId = "x", ProducerId = producer.Id, ProducerEpoch = producer.Epoch, GroupId = "g" }, 0, _host.Transactions)
            .ErrorCode.Should().Be(ErrorCode.None);
        CommitInTransaction(producer, 5, version: 3).Should().Be(ErrorCode.None);
        CommitInTransaction(producer with { Epoch = -1 }, 5, version: 3).Should().Be(ErrorCode.InvalidProducerEpoch);
    }

    [Fact]
    public void A_transactional_commit_of_a_stranger_or_an_old_generation_is_refused()
    {
        var member = new ClassicClient(_host, "a");
        member.Join();
        member.Sync();
        var producer = _host.Transactions.InitProducerId("x", 60_000, ProducerIdentity.None).Producer;
        CommitInTransaction(producer, 5, 5, "stranger", 1).Should().Be(ErrorCode.UnknownMemberId);
        CommitInTransaction(producer, 5, 5, member.MemberId, 0).Should().Be(ErrorCode.IllegalGeneration);
        CommitInTransaction(producer, 5, 5, member.MemberId, 1).Should().Be(ErrorCode.None);
        CommitInTransaction(producer, 5, 5).Should().Be(ErrorCode.None, "without a member nothing is checked");
    }

    [Fact]
    public void Offsets_of_an_empty_group_expire_after_the_retention_and_the_group_with_them()
    {
        var member = new ClassicClient(_host, "a");
        member.Join();
        member.Sync();
        member.Commit().Should().Be(ErrorCode.None);
        member.Leave();
        _host.Timers.Advance(TimeSpan.FromDays(6.9).Milliseconds());
        Fetch(0).CommittedOffset.Should().Be(1);
        _host.Timers.Advance(TimeSpan.FromDays(0.2).Milliseconds());
        Fetch(0).CommittedOffset.Should().Be(-1);
        _host.Groups.Groups.Should().BeEmpty();
        _host.Restart();
        _host.Groups.Groups.Should().BeEmpty();
    }

    [Fact]
    public void A_deleted_topic_takes_its_offsets_along_also_those_of_open_transactions()
    {
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedOffset = 1 });
        var producer = _host.Transactions.InitProducerId("x", 60_000, ProducerIdentity.None).Producer;
        CommitInTransaction(producer, 5, version: 5);
        _host.Topics.Delete("t");
        _host.Groups.ForgetTopic("t");
        _host.Topics.Create("t", 4);
        _host.Transactions.End("x", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.None);
        Fetch(0, requireStable: true).Should().BeEquivalentTo(new { CommittedOffset = -1, ErrorCode = ErrorCode.None });
    }

    [Fact]
    public void Offsets_are_deleted_unless_a_member_consumes_the_topic()
    {
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedOffset = 1 });
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { PartitionIndex = 1, CommittedOffset = 1 });
        Delete("t").Should().Be(ErrorCode.None);
        Fetch(0).CommittedOffset.Should().Be(-1);
        Delete("none").Should().Be(ErrorCode.UnknownTopicOrPartition);
        OffsetDelete.Handle(new OffsetDeleteRequest { GroupId = "none" }, _host.Groups).ErrorCode.Should().Be(ErrorCode.GroupIdNotFound);

        _host.Topics.Create("other", 1);
        var request = new JoinGroupRequest
        {
            GroupId = "g", ProtocolType = "consumer", SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000,
            Protocols = [new() { Name = "range", Metadata = [0, 3, 0, 0, 0, 1, 0, 1, (byte)'t', 255, 255, 255, 255] }],
        };
        JoinGroup.Handle(request, 3, default, UserAccess.Everything, _host.Groups, _ => { });
        Delete("t").Should().Be(ErrorCode.GroupSubscribedToTopic);
        Delete("other").Should().Be(ErrorCode.None);

        ErrorCode Delete(string topic) => OffsetDelete.Handle(
            new OffsetDeleteRequest { GroupId = "g", Topics = [new() { Name = topic, Partitions = [new()] }] }, _host.Groups).Topics[0].Partitions[0].ErrorCode;
    }

    [Fact]
    public void What_cannot_be_stored_is_not_committed()
    {
        _host.GroupJournal.IsFull = true;
        Commit(new OffsetCommitRequest.OffsetCommitRequestPartition { CommittedOffset = 1 }).Should().Be(ErrorCode.CoordinatorNotAvailable);
        Fetch(0).CommittedOffset.Should().Be(-1);
    }

    private ErrorCode Commit(OffsetCommitRequest.OffsetCommitRequestPartition partition) =>
        OffsetCommit.Handle(new OffsetCommitRequest { GroupId = "g", Topics = [new() { Name = "t", Partitions = [partition] }] }, 9, _host.Groups).Topics[0].Partitions[0].ErrorCode;

    private ErrorCode CommitInTransaction(ProducerIdentity producer, long offset, short version, string memberId = "", int generation = -1) => TxnOffsetCommit.Handle(
        new TxnOffsetCommitRequest
        {
            TransactionalId = "x",
            GroupId = "g",
            ProducerId = producer.Id,
            ProducerEpoch = producer.Epoch,
            MemberId = memberId,
            GenerationId = generation,
            Topics = [new() { Name = "t", Partitions = [new() { CommittedOffset = offset }] }],
        },
        version,
        _host.Groups,
        _host.Transactions).Topics[0].Partitions[0].ErrorCode;

    private OffsetFetchResponse.OffsetFetchResponsePartitions Fetch(int partition, bool requireStable = false) => OffsetFetch.Handle(
        new OffsetFetchRequest { RequireStable = requireStable, Groups = [new() { GroupId = "g", Topics = [new() { Name = "t", PartitionIndexes = [partition] }] }] },
        9,
        _host.Groups, new AnswerBudget(int.MaxValue)).Last()!.Groups[0].Topics[0].Partitions[0];
}
