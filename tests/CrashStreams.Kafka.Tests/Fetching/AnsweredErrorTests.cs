using CrashStreams.Broker;
using CrashStreams.Protocol;

namespace CrashStreams.Kafka.Tests.Fetching;

/// <summary>Errors in answers to fetches that pass: nothing is lost, and nobody is told.</summary>
public sealed class AnsweredErrorTests : LogTest, IKafkaBroker
{
    private readonly EmbeddedBroker _broker = EmbeddedBroker.StartAsync().GetAwaiter().GetResult();

    public string BootstrapServers => _broker.BootstrapServers;

    protected override IKafkaBroker Broker => this;

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    [InlineData(ErrorCode.FencedLeaderEpoch)]
    [InlineData(ErrorCode.UnknownLeaderEpoch)]
    [InlineData(ErrorCode.KafkaStorageError)]
    [InlineData(ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ErrorCode.UnknownTopicId)]
    [InlineData(ErrorCode.OffsetNotAvailable)]
    public async Task A_reader_goes_on_after_an_error_that_passes(ErrorCode error)
    {
        var topic = await NewTopic(partitions: 3);
        var reader = NewReader(topic, partitions: 3);
        for (var partition = 0; partition < 3; partition++)
            Send(NewProducer(), topic, partition, "a", "b");
        ReadAll(reader, 6);

        _broker.Faults.Fail(ApiKey.Fetch, error);
        for (var partition = 0; partition < 3; partition++)
            Send(NewProducer(), topic, partition, "c", "d");

        ReadAll(reader, 6).Select(static r => (r.Partition.Partition, r.Value)).Should().BeEquivalentTo(
            [(0, "c"), (0, "d"), (1, "c"), (1, "d"), (2, "c"), (2, "d")]);
    }

    [Fact]
    public async Task A_topic_that_is_made_anew_while_it_is_read_is_out_of_range()
    {
        var topic = await NewTopic();
        var admin = Open(Clients.CreateAdmin("admin"));
        Send(NewProducer(), topic, 0, "a", "b");
        var reader = NewReader(topic);
        ReadAll(reader, 2);

        await admin.DeleteTopicsAsync([topic], default);
        await admin.CreateTopicsAsync([new(topic, 1, new Dictionary<string, string>())], default);
        Send(NewProducer(), topic, 0, "c", "d", "e");

        var failure = default(Log.LogException);
        Until(() => (failure = FailureOf(() => reader.Poll(Wait))) is not null);
        failure!.OutOfRange.Should().Be(new Log.TopicPartition(topic, 0));
        failure.Message.Should().Contain("made anew");

        reader.Seek(new(topic, 0), 0);
        ReadAll(reader, 3).Select(static r => r.Value).Should().Equal("c", "d", "e");
    }

    protected override void Stop() => _broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
