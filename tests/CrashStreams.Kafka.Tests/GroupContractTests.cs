using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>What every log promises of consumer groups.</summary>
public abstract class GroupContractTests : LogTest
{
    protected (ILogConsumer Consumer, Assignments Assignments) Join(string group, string topic, KafkaOptions? options = null)
    {
        var consumer = Open(new KafkaLogClients(options ?? Options).CreateConsumer(NewName("member"), group, readCommitted: true));
        var assignments = new Assignments();
        consumer.Subscribe([topic], assignments);
        return (consumer, assignments);
    }

    [Fact]
    public async Task A_member_gets_all_partitions_and_starts_at_the_earliest_record()
    {
        var topic = await NewTopic(partitions: 3);
        for (var p = 0; p < 3; p++)
            Send(NewProducer(), topic, p, "a", "b");
        var (consumer, assignments) = Join(NewName("group"), topic);

        ReadAll(consumer, 6).Should().HaveCount(6);

        assignments.Held.Should().HaveCount(3);
        assignments.Events.Should().Equal("assigned 3");
    }

    [Fact]
    public async Task A_committed_offset_and_its_metadata_come_back()
    {
        var topic = await NewTopic(partitions: 2);
        Send(NewProducer(), topic, 0, "0", "1", "2");
        var group = NewName("group");
        var partition = new TopicPartition(topic, 0);
        var (first, _) = Join(group, topic);
        ReadAll(first, 3);
        first.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(1, "watermark ü 17") });
        first.Committed([partition, new(topic, 1)]).Should().Equal(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(1, "watermark ü 17") });
        first.Dispose();

        var (second, _) = Join(group, topic);

        ReadAll(second, 2).Select(r => r.Value).Should().Equal("1", "2");
    }

    [Fact]
    public async Task The_listener_chooses_where_to_start()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "0", "1", "2");
        var (consumer, assignments) = Join(NewName("group"), topic);
        assignments.Starts[new(topic, 0)] = 2;

        ReadAll(consumer, 1).Select(r => r.Value).Should().Equal("2");
    }

    // Other threads wake a member when they want something of its thread, and don't know that it is about to end. The coordinator takes offsets from who is no member only while there are no members.
    [Fact]
    public async Task A_member_that_is_woken_while_it_leaves_has_left()
    {
        var topic = await NewTopic();
        var partition = new TopicPartition(topic, 0);
        for (var round = 0; round < 5; round++)
        {
            var group = NewName("group");
            var (member, has) = Join(group, topic);
            Until(() => Polled(member) && has.Held.Count == 1);
            using var isOver = new CancellationTokenSource();
            var waking = new Thread(() =>
            {
                while (!isOver.IsCancellationRequested)
                    member.Wake();
            });
            waking.Start();

            member.Dispose();

            await isOver.CancelAsync();
            waking.Join();
            var other = Open(Clients.CreateConsumer(NewName("other"), group, readCommitted: true));
            FailureOf(() => other.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(0, "") })).Should().BeNull();
        }
    }

    [Fact]
    public async Task Two_members_share_the_partitions_and_the_one_left_takes_over()
    {
        var topic = await NewTopic(partitions: 4);
        var group = NewName("group");
        var (first, firstHas) = Join(group, topic);
        Until(() => Polled(first) && firstHas.Held.Count == 4);

        var (second, secondHas) = Join(group, topic);
        Until(() => Polled(first, second) && firstHas.Held.Count == 2 && secondHas.Held.Count == 2);
        firstHas.Held.Intersect(secondHas.Held).Should().BeEmpty();

        first.Dispose();
        Until(() => Polled(second) && secondHas.Held.Count == 4);
    }

    [Fact]
    public async Task No_record_is_delivered_from_a_revoked_partition_and_none_is_lost_or_doubled_when_revocation_commits()
    {
        const int partitions = 4, perPartition = 20_000;
        var topic = await NewTopic(partitions);
        var producer = NewProducer();
        for (var i = 0; i < partitions * perPartition; i++)
            producer.Send(topic, i % partitions, Record(null, "x"));
        producer.Flush();
        var group = NewName("group");
        var options = Options with { MaxPollRecords = 300 };
        var seen = new Dictionary<TopicPartition, List<long>>();
        var members = new List<(ILogConsumer Consumer, Assignments Assignments, Dictionary<TopicPartition, long> Next)>();
        void Add()
        {
            var (consumer, assignments) = Join(group, topic, options);
            var next = new Dictionary<TopicPartition, long>();
            assignments.OnRevoked = revoked => consumer.Commit(next.Where(n => revoked.Contains(n.Key)).ToDictionary(n => n.Key, n => new OffsetAndMetadata(n.Value, "")));
            members.Add((consumer, assignments, next));
        }

        Add();
        var total = 0;
        Until(() =>
        {
            // A second member comes while the first one drains, and a third while both do.
            if ((total > 2_000 && members.Count == 1) || (total > 30_000 && members.Count == 2))
                Add();
            foreach (var (consumer, assignments, next) in members)
            {
                var batch = consumer.Poll(TimeSpan.FromMilliseconds(5));
                for (var i = 0; i < batch.Count; i++)
                {
                    var partition = batch.Partitions[batch[i].PartitionIndex];
                    assignments.Held.Should().Contain(partition);
                    next[partition] = batch[i].Offset + 1;
                    (seen.TryGetValue(partition, out var offsets) ? offsets : seen[partition] = []).Add(batch[i].Offset);
                    total++;
                }
            }

            return total >= partitions * perPartition && members.Count == 3 && members.TrueForAll(m => m.Assignments.Held.Count > 0);
        }, () => $"{total} records, {string.Join("; ", members.Select(m => string.Join(", ", m.Assignments.Events)))}");

        foreach (var offsets in seen.Values)
            offsets.Should().Equal(Enumerable.Range(0, perPartition).Select(i => (long)i));
    }

    [Fact]
    public async Task A_member_that_does_not_poll_loses_its_partitions_and_can_not_commit_for_them()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "0");
        var group = NewName("group");
        var partition = new TopicPartition(topic, 0);
        var (stuck, stuckHas) = Join(group, topic, Options with { MaxPollInterval = TimeSpan.FromSeconds(6) });
        ReadAll(stuck, 1);

        // Committing is no poll: it succeeds until the poll interval is over.
        LogException? refused = null;
        Until(() => (refused = FailureOf(() => stuck.Commit(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(1, "") }))) is not null);
        refused!.IsFenced.Should().BeTrue();
        Until(() => Polled(stuck) && stuckHas.Events.Contains("lost 1"));

        stuck.Dispose();
        var (other, otherHas) = Join(group, topic);
        Until(() => Polled(other) && otherHas.Held.Contains(partition));
    }

    [Fact]
    public async Task A_committed_offset_beyond_the_log_is_an_error_and_not_a_silent_restart()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "0");
        var partition = new TopicPartition(topic, 0);
        var (consumer, assignments) = Join(NewName("group"), topic);
        assignments.Starts[partition] = 50;

        LogException? error = null;
        Until(() => (error = FailureOf(() => consumer.Poll(Wait))) is not null);

        error!.OutOfRange.Should().Be(partition);
        consumer.Seek(partition, 0);
        ReadAll(consumer, 1).Should().ContainSingle();
    }
}
