using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>What every log promises of transactions.</summary>
public abstract class TransactionContractTests : LogTest
{
    private static readonly Dictionary<TopicPartition, OffsetAndMetadata> NoOffsets = [];

    [Fact]
    public async Task Only_committed_records_are_read_and_the_reader_is_caught_up_behind_the_markers()
    {
        var topic = await NewTopic();
        var partition = new TopicPartition(topic, 0);
        var producer = NewTransactional();
        InTransaction(producer, topic, "committed");
        producer.BeginTransaction();
        Send(producer, topic, 0, "aborted");
        producer.AbortTransaction();
        var reader = NewReader(topic);

        ReadAll(reader, 1).Select(r => r.Value).Should().Equal("committed");
        // Offsets: record 0, commit marker 1, record 2, abort marker 3.
        Until(() => reader.Poll(Wait).Count == 0 && reader.Position(partition) == 4 && reader.EndOffset(partition) == 4, () => $"position {reader.Position(partition)}, end {reader.EndOffset(partition)}");
    }

    [Fact]
    public async Task A_reader_of_committed_records_is_caught_up_before_an_open_transaction()
    {
        var topic = await NewTopic();
        var partition = new TopicPartition(topic, 0);
        var producer = NewTransactional();
        InTransaction(producer, topic, "committed");
        producer.BeginTransaction();
        Send(producer, topic, 0, "open");
        var reader = NewReader(topic);
        var dirty = NewReader(topic, readCommitted: false);

        ReadAll(reader, 1);
        ReadAll(dirty, 2).Select(r => r.Value).Should().Equal("committed", "open");
        Until(() => reader.Poll(Wait).Count == 0 && reader.Position(partition) == 2 && reader.EndOffset(partition) == 2, () => $"position {reader.Position(partition)}, end {reader.EndOffset(partition)}");

        producer.CommitTransaction(NoOffsets, new object());
        ReadAll(reader, 1).Select(r => r.Value).Should().Equal("open");
    }

    [Fact]
    public async Task A_newer_producer_of_the_same_id_fences_the_older()
    {
        var topic = await NewTopic();
        var id = NewName("id");
        var older = NewTransactional(id);
        older.BeginTransaction();
        Send(older, topic, 0, "of the older");
        var newer = NewTransactional(id);

        older.Send(topic, 0, Record(null, "late"));
        var commit = () => older.CommitTransaction(NoOffsets, new object());

        commit.Should().Throw<LogException>().Which.IsFenced.Should().BeTrue();
        InTransaction(newer, topic, "of the newer");
        ReadAll(NewReader(topic), 1).Select(r => r.Value).Should().Equal("of the newer");
    }

    [Fact]
    public async Task Offsets_are_committed_with_the_transaction_or_not_at_all()
    {
        var topic = await NewTopic();
        var partition = new TopicPartition(topic, 0);
        Send(NewProducer(), topic, 0, "input");
        var consumer = Open(Clients.CreateConsumer(NewName("member"), NewName("group"), readCommitted: true));
        consumer.Subscribe([topic], new Assignments());
        ReadAll(consumer, 1);
        var producer = NewTransactional();
        var output = await NewTopic();

        producer.BeginTransaction();
        Send(producer, output, 0, "dropped");
        producer.AbortTransaction();
        consumer.Committed([partition]).Should().BeEmpty();

        producer.BeginTransaction();
        Send(producer, output, 0, "kept");
        producer.CommitTransaction(new Dictionary<TopicPartition, OffsetAndMetadata> { [partition] = new(1, "meta") }, consumer.GroupIdentity);
        consumer.Committed([partition])[partition].Should().Be(new OffsetAndMetadata(1, "meta"));
        ReadAll(NewReader(output), 1).Select(r => r.Value).Should().Equal("kept");
    }

    [Fact]
    public async Task A_failed_record_fails_the_commit_and_the_producer_goes_on_after_an_abort()
    {
        var topic = await NewTopic(1, ("max.message.bytes", "1000"));
        var producer = NewTransactional();
        producer.BeginTransaction();
        producer.Send(topic, 0, Record("k", new string('x', 5_000)));

        var commit = () => producer.CommitTransaction(NoOffsets, new object());

        var error = commit.Should().Throw<LogException>().Which;
        error.Failed.Should().ContainSingle();
        error.IsFatal.Should().BeFalse();
        producer.AbortTransaction();
        // librdkafka notices the gap that the refused batch left in the sequence numbers with the next one, and wants that aborted too.
        Until(() => Commits(producer, topic, "small"));
        ReadAll(NewReader(topic), 1).Select(r => r.Value).Should().Equal("small");
    }

    private static bool Commits(ILogProducer producer, string topic, string value)
    {
        try
        {
            InTransaction(producer, topic, value);
            return true;
        }
        catch (LogException e) when (!e.IsFatal)
        {
            // Whoever has tasks begins again with a new producer; this one can, too.
            producer.AbortTransaction();
            return false;
        }
    }

    private ILogProducer NewTransactional(string? id = null)
    {
        var producer = NewProducer(id ?? NewName("id"));
        producer.InitTransactions();
        return producer;
    }

    private static void InTransaction(ILogProducer producer, string topic, params string[] values)
    {
        producer.BeginTransaction();
        Send(producer, topic, 0, values);
        producer.CommitTransaction(NoOffsets, new object());
    }
}
