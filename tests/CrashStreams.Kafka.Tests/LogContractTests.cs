using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Records in, records out: what every log promises of producing and reading.</summary>
public abstract class LogContractTests : LogTest
{
    [Fact]
    public async Task Records_of_a_partition_come_in_the_order_in_which_they_were_sent()
    {
        var topic = await NewTopic(partitions: 3);
        var producer = NewProducer();
        for (var i = 0; i < 3000; i++)
            producer.Send(topic, i % 3, Record($"{i}", $"value {i}", timestamp: 1_000 + i));
        producer.Flush();

        var read = ReadAll(NewReader(topic, partitions: 3), 3000);

        read.Should().HaveCount(3000);
        foreach (var partition in read.GroupBy(r => r.Partition))
        {
            partition.Select(r => r.Offset).Should().Equal(Enumerable.Range(0, 1000).Select(i => (long)i));
            partition.Select(r => r.Key).Should().Equal(Enumerable.Range(0, 1000).Select(i => $"{(i * 3) + partition.Key.Partition}"));
            partition.Select(r => r.Timestamp).Should().Equal(Enumerable.Range(0, 1000).Select(i => 1_000L + (i * 3) + partition.Key.Partition));
        }
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", "")]
    [InlineData(null, "")]
    [InlineData("", null)]
    [InlineData("key", null)]
    [InlineData(null, "value")]
    public async Task Null_and_empty_are_told_apart(string? key, string? value)
    {
        var topic = await NewTopic();
        var producer = NewProducer();
        producer.Send(topic, 0, Record(key, value));
        producer.Flush();

        ReadAll(NewReader(topic), 1).Should().ContainSingle().Which.Should().BeEquivalentTo(new { Key = key, Value = value });
    }

    [Fact]
    public async Task Headers_keep_their_order_and_repeat_and_may_be_null_or_empty()
    {
        var topic = await NewTopic();
        var producer = NewProducer();
        producer.Send(topic, 0, Record("k", "v", headers: new Headers().Add("a", "1").Add("ü", "2").Add("a", (byte[]?)null).Add("empty", [])));
        producer.Send(topic, 0, Record("k", "v"));
        producer.Flush();

        var read = ReadAll(NewReader(topic), 2);

        read[0].Headers.Should().NotBeNull();
        read[0].Headers!.Select(h => (h.Key, h.Value is null ? null : Encoding.UTF8.GetString(h.Value))).Should().Equal(("a", "1"), ("ü", "2"), ("a", null), ("empty", ""));
        read[1].Headers.Should().BeNull();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    [InlineData("snappy")]
    [InlineData("gzip")]
    public async Task Records_with_and_without_headers_are_told_apart_whatever_their_value(string compression)
    {
        var topic = await NewTopic();
        var producer = Open(new KafkaLogClients(new() { BootstrapServers = Broker.BootstrapServers, Compression = compression }).CreateProducer(NewName("producer"), null));
        // Values that end in what could be taken for a number of headers, none and empty ones.
        string?[] values = ["v", "v\0", "\0", "", null, "v\u0002", new('x', 10_000)];
        foreach (var value in values)
        {
            producer.Send(topic, 0, Record("k", value, headers: new Headers().Add("has", value ?? "none")));
            producer.Send(topic, 0, Record("k", value));
        }

        producer.Flush();

        var read = ReadAll(NewReader(topic), values.Length * 2);

        read.Select(r => r.Value).Should().Equal(values.SelectMany(v => new[] { v, v }));
        read.Select(r => r.Headers is null ? null : Encoding.UTF8.GetString(r.Headers.Last("has")!)).Should().Equal(values.SelectMany(v => new[] { v ?? "none", null }));
    }

    [Fact]
    public async Task A_record_without_timestamp_gets_the_time_of_sending()
    {
        var topic = await NewTopic();
        var producer = NewProducer();
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        producer.Send(topic, 0, Record("k", "v", timestamp: -1));
        producer.Flush();

        ReadAll(NewReader(topic), 1)[0].Timestamp.Should().BeInRange(before, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Any_partition_leaves_the_choice_to_the_client()
    {
        var topic = await NewTopic(partitions: 4);
        var producer = NewProducer();
        for (var i = 0; i < 50; i++)
            producer.Send(topic, ILogProducer.AnyPartition, Record(null, $"{i}"));
        producer.Flush();

        ReadAll(NewReader(topic, partitions: 4), 50).Select(r => r.Value).Should().BeEquivalentTo(Enumerable.Range(0, 50).Select(i => $"{i}"));
    }

    [Fact]
    public async Task A_producer_knows_the_partitions_of_a_topic() => NewProducer().PartitionCount(await NewTopic(partitions: 5)).Should().Be(5);

    [Fact]
    public void A_topic_that_does_not_exist_is_refused_by_name()
    {
        var producer = NewProducer();

        var send = () => producer.Send("no-such-topic", 0, Record("k", "v"));

        send.Should().Throw<LogException>().WithMessage("*no-such-topic*").Which.IsFatal.Should().BeFalse();
    }

    [Fact]
    public async Task A_partition_that_does_not_exist_is_refused()
    {
        var topic = await NewTopic(partitions: 2);
        var producer = NewProducer();

        var send = () => producer.Send(topic, 2, Record("k", "v"));

        send.Should().Throw<LogException>().WithMessage($"*{topic}-2*2 partitions*");
    }

    [Fact]
    public async Task A_record_larger_than_the_client_sends_is_refused_at_once()
    {
        var topic = await NewTopic();
        var producer = NewProducer();

        var send = () => producer.Send(topic, 0, Record("k", new string('x', 2_000_000)));

        send.Should().Throw<LogException>().WithMessage($"*{topic}-0*");
    }

    [Fact]
    public async Task A_flush_tells_which_records_the_broker_refused_and_the_next_one_is_clean()
    {
        var topic = await NewTopic(1, ("max.message.bytes", "1000"));
        var producer = NewProducer();
        producer.Send(topic, 0, Record("k", new string('x', 5_000)));

        var flush = producer.Flush;

        flush.Should().Throw<LogException>().Which.Failed.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Topic = topic, Partition = 0 });
        Send(producer, topic, 0, "small");
        ReadAll(NewReader(topic), 1).Should().ContainSingle().Which.Value.Should().Be("small");
    }

    [Fact]
    public async Task A_full_buffer_makes_the_sender_wait_and_loses_nothing()
    {
        var topic = await NewTopic();
        var producer = Open(new KafkaLogClients(Options with { ProducerBufferBytes = 64 << 10 }).CreateProducer("small-buffer", null));
        for (var i = 0; i < 2000; i++)
            producer.Send(topic, 0, Record(null, new string('x', 500)));
        producer.Flush();

        ReadAll(NewReader(topic), 2000).Should().HaveCount(2000);
    }

    [Fact]
    public async Task Reading_starts_where_it_was_assigned_and_goes_where_it_is_sent()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "0", "1", "2", "3", "4");
        var partition = new TopicPartition(topic, 0);
        var reader = NewReader(topic, from: 3);

        ReadAll(reader, 2).Select(r => r.Value).Should().Equal("3", "4");
        reader.Seek(partition, 1);
        reader.Position(partition).Should().Be(1);
        ReadAll(reader, 4).Select(r => r.Value).Should().Equal("1", "2", "3", "4");
    }

    [Fact]
    public async Task A_paused_partition_delivers_nothing_and_goes_on_where_it_stood()
    {
        var topic = await NewTopic(partitions: 2);
        var producer = NewProducer();
        for (var i = 0; i < 20_000; i++)
            producer.Send(topic, i % 2, Record(null, $"{i / 2}"));
        producer.Flush();
        var paused = new TopicPartition(topic, 0);
        var reader = NewReader(topic, partitions: 2);
        var records = ReadAll(reader, 1);

        reader.Pause([paused]);
        var before = records.Count(r => r.Partition == paused);
        Until(() => Collect(reader, records) > 0 && records.Count(r => r.Partition != paused) == 10_000);
        records.Count(r => r.Partition == paused).Should().Be(before);
        reader.Position(paused).Should().Be(before);

        reader.Resume([paused]);
        Until(() => Collect(reader, records) == 20_000);
        records.Where(r => r.Partition == paused).Select(r => r.Offset).Should().Equal(Enumerable.Range(0, 10_000).Select(i => (long)i));
    }

    [Fact]
    public async Task A_reader_knows_its_position_and_the_end()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "a", "b", "c");
        var partition = new TopicPartition(topic, 0);
        var reader = NewReader(topic, from: 1);
        reader.Position(partition).Should().Be(1);

        ReadAll(reader, 2);

        reader.Position(partition).Should().Be(3);
        reader.EndOffset(partition).Should().Be(3);
    }

    [Fact]
    public async Task An_offset_that_the_log_does_not_hold_is_an_error_that_names_the_partition()
    {
        var topic = await NewTopic();
        Send(NewProducer(), topic, 0, "a", "b");
        var reader = NewReader(topic, from: 100);

        LogException? error = null;
        Until(() => (error = FailureOf(() => reader.Poll(Wait))) is not null);

        error!.OutOfRange.Should().Be(new TopicPartition(topic, 0));
        reader.Seek(new(topic, 0), 0);
        ReadAll(reader, 2).Select(r => r.Value).Should().Equal("a", "b");
    }

    [Fact]
    public async Task An_empty_poll_without_waiting_returns_at_once()
    {
        var reader = NewReader(await NewTopic());

        reader.Poll(TimeSpan.Zero).Count.Should().Be(0);
    }
}
