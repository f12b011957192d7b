using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Groups;
using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Groups.Consumer;
using CrashStreams.Broker.Transactions;

namespace CrashStreams.Broker.Tests.Coordination;

/// <summary>The bytes of every journal record: a data directory must stay readable.</summary>
public class JournalLayoutTests
{
    private const string MemberFields = "00 01 0172 0163 0168 60EA0000 01 0174 00 00 03000000 02000000 01"
        + "01 00112233445566778899AABBCCDDEEFF 01000000 01 00112233445566778899AABBCCDDEEFF 02000000 01 00112233445566778899AABBCCDDEEFF 01000000";

    [Fact]
    public void Committed_offset() => Golden(
        OffsetRecords.Committed("g", new TopicPartition("t", 2), new CommittedOffset(5, 3, "m", 1000)),
        "01 0167 0174 02000000",
        "01 0500000000000000 03000000 016D E803000000000000 FFFFFFFFFFFFFFFF");

    [Fact]
    public void Tombstone_of_a_committed_offset() => Golden(OffsetRecords.Committed("g", new TopicPartition("t", 2), null), "01 0167 0174 02000000", null);

    [Fact]
    public void Pending_offset() => Golden(
        OffsetRecords.Pending("g", 7, new TopicPartition("t", 2), new CommittedOffset(5, -1, "", 1000, 2000)),
        "02 0167 0700000000000000 0174 02000000",
        "01 0500000000000000 FFFFFFFF 00 E803000000000000 D007000000000000");

    [Fact]
    public void Classic_group()
    {
        var member = new SavedClassicMember("m", "i", new ClientIdentity("c", "h"), 10_000, 60_000, [new MemberProtocol("range", [1, 2])], [9]);
        var group = new ClassicGroupSnapshot(4, "consumer", "range", "m", 1000, [member]);
        Golden(
            ClassicGroupRecords.Of("g", group),
            "03 0167",
            "01 04000000 01 08636F6E73756D6572 01 0572616E6765 01 016D E803000000000000 01 016D 01 0169 0163 0168 10270000 60EA0000 01 0572616E6765 020102 0109");
        ClassicGroupRecords.Read(ClassicGroupRecords.Of("g", group).Value).Should().BeEquivalentTo(group);
    }

    [Fact]
    public void Consumer_group() => Golden(
        ConsumerGroupRecords.OfGroup("g", 3, 2, "uniform", 1000),
        "04 0167",
        "01 03000000 02000000 07756E69666F726D E803000000000000");

    [Fact]
    public void Consumer_group_member()
    {
        var topic = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var member = NewMember("m", null);
        member.RackId = "r";
        member.Client = new ClientIdentity("c", "h");
        member.RebalanceTimeoutMs = 60_000;
        member.TopicNames = member.TopicNames.Add("t");
        (member.Epoch, member.PreviousEpoch, member.State) = (3, 2, ReconciliationState.Revoking);
        member.Assigned = [new TopicIdPartition(topic, 1)];
        member.Revoking = [new TopicIdPartition(topic, 2)];
        member.Target = [new TopicIdPartition(topic, 1)];
        member.GivenAt = new Dictionary<TopicIdPartition, int> { [new(topic, 1)] = 3, [new(topic, 2)] = 1 };
        member.TopicPrefix = "p";
        member.Classic = new ClassicProtocols(5000, [new MemberProtocol("range", [1, 2])]);
        var entry = ConsumerGroupRecords.OfMember("g", member);
        Golden(entry, "05 0167 016D", $"03 {MemberFields} 01 03000000 01 01000000 0170 01 88130000 01 0572616E6765 02 0102");
        ConsumerGroupRecords.OfMember("g", ConsumerGroupRecords.ReadMember("m", entry.Value, NewMember)).Value.Should().Equal(entry.Value);
    }

    [Fact]
    public void Consumer_group_member_of_the_first_version_has_had_its_partitions_since_its_epoch()
    {
        var member = ConsumerGroupRecords.ReadMember("m", Convert.FromHexString($"01 {MemberFields}".Replace(" ", "")), NewMember);
        member.GivenAt.Should().HaveCount(2).And.OnlyContain(p => p.Value == 3);
        member.Target.Should().ContainSingle();
    }

    [Fact]
    public void Consumer_group_member_of_the_second_version_may_have_all_topics()
    {
        var member = ConsumerGroupRecords.ReadMember("m", Convert.FromHexString($"02 {MemberFields} 01 03000000 01 01000000".Replace(" ", "")), NewMember);
        member.GivenAt.Select(p => p.Value).Should().BeEquivalentTo([3, 1]);
        member.TopicPrefix.Should().BeEmpty();
    }

    [Fact]
    public void Transaction()
    {
        var transaction = new Transaction("x", new ProducerIdentity(7, 3), 60_000)
        {
            State = TransactionState.PrepareCommit,
            Previous = new ProducerIdentity(7, 2),
            Marker = new ProducerIdentity(7, 3),
            Partitions = [new TopicPartition("t", 1)],
            Groups = ["g"],
            StartMs = 1000,
            LastUpdateMs = 2000,
        };
        var entry = TransactionRecords.Of(transaction);
        Golden(
            entry,
            "01 0178",
            "01 0700000000000000 0300 0700000000000000 0200 0700000000000000 0300 60EA0000 02 E803000000000000 D007000000000000 01 0174 01000000 01 0167");
        TransactionRecords.ReadTransaction("x", entry.Value).Should().BeEquivalentTo(transaction);
    }

    [Fact]
    public void Producer_ids() => Golden(TransactionRecords.ProducerIdsTaken(1000), "02", "01 E803000000000000");

    [Fact]
    public void A_record_of_a_newer_version_says_so() =>
        ((Action)(() => OffsetRecords.ReadOffset([9]))).Should().Throw<InvalidDataException>().WithMessage("*version 9*newer*");

    private static ConsumerMember NewMember(string id, string? instanceId)
    {
        var timers = new VirtualTimers();
        return new ConsumerMember { Id = id, InstanceId = instanceId, Session = new Deadline(timers, () => { }), Rebalance = new Deadline(timers, () => { }) };
    }

    private static void Golden(JournalEntry entry, string key, string? value)
    {
        Convert.ToHexString(entry.Key).Should().Be(key.Replace(" ", ""));
        (entry.Value is null ? null : Convert.ToHexString(entry.Value)).Should().Be(value?.Replace(" ", ""));
    }
}
