using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>What every log promises of administration.</summary>
public abstract class AdminContractTests : LogTest
{
    private ILogAdmin Admin => Open(Clients.CreateAdmin("admin"));

    [Fact]
    public async Task Topics_are_created_described_and_deleted_and_repeating_it_is_no_error()
    {
        var admin = Admin;
        var (one, two) = (NewName("one"), NewName("two"));
        TopicSpec[] topics =
        [
            new(one, 3, new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["retention.ms"] = "12345" }),
            new(two, 1, new Dictionary<string, string>()),
        ];

        await admin.CreateTopicsAsync(topics, default);
        await admin.CreateTopicsAsync(topics, default);
        (await admin.PartitionCountsAsync([one, two, "none"], default)).Should().BeEquivalentTo(new Dictionary<string, int> { [one] = 3, [two] = 1 });
        (await admin.TopicConfigsAsync([one], default))[one].Should().Contain("cleanup.policy", "compact").And.Contain("retention.ms", "12345");

        await admin.DeleteTopicsAsync([one, two], default);
        await admin.DeleteTopicsAsync([one, two], default);
        (await admin.PartitionCountsAsync([one, two], default)).Should().BeEmpty();
    }

    [Fact]
    public async Task A_topic_keeps_its_id_and_one_that_is_made_anew_has_another()
    {
        var admin = Admin;
        var (topic, other) = (NewName("topic"), NewName("other"));
        TopicSpec[] topics = [new(topic, 2, new Dictionary<string, string>()), new(other, 1, new Dictionary<string, string>())];
        await admin.CreateTopicsAsync(topics, default);

        var ids = await admin.TopicIdsAsync([topic, other, "none"], default);
        ids.Keys.Should().BeEquivalentTo(topic, other);
        ids[topic].Should().NotBe(ids[other]).And.NotBeEmpty();
        (await admin.TopicIdsAsync([topic, other], default)).Should().BeEquivalentTo(ids);

        await admin.DeleteTopicsAsync([topic], default);
        (await admin.TopicIdsAsync([topic, other], default)).Should().BeEquivalentTo(new Dictionary<string, string> { [other] = ids[other] });
        await admin.CreateTopicsAsync([topics[0]], default);
        (await admin.TopicIdsAsync([topic], default))[topic].Should().NotBe(ids[topic]);
    }

    [Fact]
    public async Task A_setting_is_changed_and_the_others_stay()
    {
        var topic = NewName("topic");
        var admin = Admin;
        await admin.CreateTopicsAsync([new(topic, 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact,delete", ["retention.ms"] = "12345" })], default);

        await admin.SetTopicConfigsAsync(topic, new Dictionary<string, string> { ["retention.ms"] = "-1" }, default);

        (await admin.TopicConfigsAsync([topic], default))[topic].Should().Contain("cleanup.policy", "compact,delete").And.Contain("retention.ms", "-1");
        var wrong = () => admin.SetTopicConfigsAsync(topic, new Dictionary<string, string> { ["retention.ms"] = "soon" }, default);
        await wrong.Should().ThrowAsync<LogException>().WithMessage($"*{topic}*");
    }

    [Fact]
    public async Task Records_of_a_topic_that_is_compacted_and_deleted_can_be_deleted()
    {
        var topic = NewName("topic");
        var admin = Admin;
        await admin.CreateTopicsAsync([new(topic, 1, new Dictionary<string, string> { ["cleanup.policy"] = "compact,delete", ["retention.ms"] = "-1" })], default);
        using (var producer = Clients.CreateProducer("producer", null))
        {
            for (var i = 0; i < 3; i++)
                producer.Send(topic, 0, new LogRecord { Key = [(byte)i], HasKey = true, Value = "v"u8, HasValue = true, Timestamp = 1 });
            producer.Flush();
        }

        await admin.DeleteRecordsAsync(new Dictionary<TopicPartition, long> { [new(topic, 0)] = 2 }, default);

        (await admin.OffsetsAsync([new(topic, 0)], default))[new(topic, 0)].Should().Be((2, 3));
    }

    [Fact]
    public async Task Offsets_tell_start_and_end_and_deleted_records_move_the_start()
    {
        var topic = await NewTopic(partitions: 2);
        Send(NewProducer(), topic, 0, "a", "b", "c");
        var admin = Admin;
        TopicPartition first = new(topic, 0), second = new(topic, 1);

        await admin.DeleteRecordsAsync(new Dictionary<TopicPartition, long> { [first] = 2 }, default);

        (await admin.OffsetsAsync([first, second], default)).Should().BeEquivalentTo(new Dictionary<TopicPartition, (long, long)> { [first] = (2, 3), [second] = (0, 0) });
    }

    [Fact]
    public async Task A_setting_that_the_broker_refuses_is_an_error_that_names_the_topic()
    {
        var topic = NewName("topic");
        var admin = Admin;

        var create = () => admin.CreateTopicsAsync([new(topic, 1, new Dictionary<string, string> { ["retention.ms"] = "soon" })], default);

        await create.Should().ThrowAsync<LogException>().WithMessage($"*{topic}*");
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_does_not_exist_are_an_error_that_names_it()
    {
        var admin = Admin;

        var ask = () => admin.OffsetsAsync([new("no-such-topic", 0)], default);

        await ask.Should().ThrowAsync<LogException>().WithMessage("*no-such-topic*");
    }
}
