using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>What one request may ask for at most has to be done in a moment: the others wait for it. Where each partition looks at all others it takes minutes.</summary>
public class LargestTopicTests
{
    [Fact]
    public void The_largest_topics_are_made_enlarged_and_deleted()
    {
        var host = new CoreHost();
        var most = host.Core.Options.MaxPartitionsPerTopic;

        host.Send<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = "large", NumPartitions = most, ReplicationFactor = 1 }, new() { Name = "grows", NumPartitions = 1, ReplicationFactor = 1 }] })
            .Value!.Topics.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Send<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = "grows", Count = most, Assignments = null }] })
            .Value!.Results.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Core.Topics.Partitions.Should().HaveCount(2 * most);

        host.Send<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "large" }, new() { Name = "grows" }] })
            .Value!.Responses.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Core.Topics.Partitions.Should().BeEmpty();
    }
}
