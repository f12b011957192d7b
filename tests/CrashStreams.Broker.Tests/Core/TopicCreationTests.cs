using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>Topics whose directories are made beside the loop, and what is asked of them meanwhile.</summary>
public class TopicCreationTests
{
    private const int Many = 20;

    private readonly HeldWorkers _workers = new();
    private readonly CoreHost _host;

    public TopicCreationTests() => _host = new CoreHost(new BrokerOptions { AutoCreateTopics = true, DefaultPartitions = Many }, workers: _workers);

    [Fact]
    public void A_topic_that_is_being_created_is_not_created_a_second_time_by_a_client_that_uses_it()
    {
        var created = Create("t");

        var used = Use("t");
        _workers.Release();
        _host.Advance(10);

        used.Now.Topics[0].ErrorCode.Should().Be(ErrorCode.LeaderNotAvailable);
        created.Now.Topics[0].ErrorCode.Should().Be(ErrorCode.None);
        _host.Core.Topics.PartitionCount.Should().Be(Many);
        _host.Core.Topics.ReservedPartitions.Should().Be(0);
        Use("t").Now.Topics[0].Partitions.Should().HaveCount(Many);
    }

    [Fact]
    public void The_loop_does_not_wait_for_a_topic_that_a_client_uses_first()
    {
        var used = Use("t");
        used.IsThere.Should().BeFalse();
        Use("t").Now.Topics[0].ErrorCode.Should().Be(ErrorCode.LeaderNotAvailable);

        _workers.Release();
        _host.Advance(10);

        used.Now.Topics[0].Partitions.Should().HaveCount(Many);
        _host.Core.Topics.PartitionCount.Should().Be(Many);
    }

    [Fact]
    public void The_topics_of_a_request_are_created_one_after_the_other_and_answered_together()
    {
        var created = Create("a", "b");

        _workers.Release();
        _host.Advance(10);
        created.IsThere.Should().BeFalse();
        _workers.Release();
        _host.Advance(10);

        created.Now.Topics.Select(topic => (topic.Name, topic.ErrorCode)).Should().Equal(("a", ErrorCode.None), ("b", ErrorCode.None));
    }

    [Fact]
    public void A_name_that_is_taken_changes_no_count()
    {
        _host.Core.Topics.Create("t", 1, TopicConfigs.None, (_, _) => { });
        _workers.Release();

        var again = () => _host.Core.Topics.Create("t", 1, TopicConfigs.None, (_, _) => { });

        again.Should().Throw<ArgumentException>();
        _host.Core.Topics.PartitionCount.Should().Be(1);
    }

    /// <summary>The disk has several flushes to make for it.</summary>
    [Fact]
    public void The_loop_does_not_wait_for_a_topic_to_be_deleted_either()
    {
        Create("t");
        _workers.Release();
        _host.Advance(10);

        var deleted = Delete("t");
        var again = Delete("t");
        _host.Advance(10);

        deleted.IsThere.Should().BeFalse();
        again.Now.Responses[0].ErrorCode.Should().Be(ErrorCode.UnknownTopicOrPartition);
        Use("t").Now.Topics[0].Partitions.Should().HaveCount(Many, "it is not deleted before that is stored");

        _workers.Release();
        _host.Advance(10);
        deleted.Now.Responses[0].ErrorCode.Should().Be(ErrorCode.None);
        _host.Core.Topics.Topics.Should().BeEmpty();
    }

    [Fact]
    public void A_topic_that_is_deleted_while_it_grows_is_gone()
    {
        Create("t");
        _workers.Release();
        _host.Advance(10);

        var grown = _host.Send<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = "t", Count = Many + 1, Assignments = null }] });
        var deleted = Delete("t");
        for (var i = 0; i < 3; i++)
        {
            _workers.Release();
            _host.Advance(10);
        }

        deleted.Now.Responses[0].ErrorCode.Should().Be(ErrorCode.None);
        grown.IsThere.Should().BeTrue();
        _host.Core.Topics.Topics.Should().BeEmpty();
        _host.Core.Topics.PartitionCount.Should().Be(0);
    }

    private Answer<DeleteTopicsResponse> Delete(string name) => _host.Send<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = name }] });

    private Answer<CreateTopicsResponse> Create(params string[] names) => _host.Send<CreateTopicsRequest, CreateTopicsResponse>(
        new() { Topics = [.. names.Select(name => new CreateTopicsRequest.CreatableTopic { Name = name, NumPartitions = Many, ReplicationFactor = 1 })] });

    private Answer<MetadataResponse> Use(string name) => _host.Send<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = name }], AllowAutoTopicCreation = true }, version: 9);
}
