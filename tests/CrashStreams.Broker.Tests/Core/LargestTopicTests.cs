using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>What one request may ask for at most has to be done in a moment: the others wait for it. What a partition costs is not to grow with their number; counted in bytes, which no other test disturbs.</summary>
public class LargestTopicTests
{
    private const int MostBytesPerPartition = 64 * 1024;

    [Fact]
    public void The_largest_topics_are_made_enlarged_and_deleted()
    {
        var host = new CoreHost();
        var most = host.Core.Options.MaxPartitionsPerTopic;
        var before = GC.GetAllocatedBytesForCurrentThread();

        host.Send<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [new() { Name = "large", NumPartitions = most, ReplicationFactor = 1 }, new() { Name = "grows", NumPartitions = 1, ReplicationFactor = 1 }] })
            .Value!.Topics.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Send<CreatePartitionsRequest, CreatePartitionsResponse>(new() { Topics = [new() { Name = "grows", Count = most, Assignments = null }] })
            .Value!.Results.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Core.Topics.Partitions.Should().HaveCount(2 * most).And.HaveCount(host.Core.Topics.PartitionCount);

        host.Send<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "large" }, new() { Name = "grows" }] })
            .Value!.Responses.Should().OnlyContain(topic => topic.ErrorCode == ErrorCode.None);
        host.Core.Topics.Partitions.Should().BeEmpty();
        host.Core.Topics.PartitionCount.Should().Be(0);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (2 * most)).Should().BeLessThan(MostBytesPerPartition);
    }

    [Fact]
    public void All_topics_together_have_a_limit()
    {
        var host = new CoreHost(new BrokerOptions { MaxPartitions = 10 });

        var created = host.Send<CreateTopicsRequest, CreateTopicsResponse>(new() { Topics = [Of("a", 6), Of("b", 3), Of("c", 2)] }).Value!.Topics;
        created.Select(topic => topic.ErrorCode).Should().Equal(ErrorCode.None, ErrorCode.None, ErrorCode.InvalidPartitions);
        created[^1].ErrorMessage.Should().Contain("limit of 10");
        Grow("a", 8).Should().Be(ErrorCode.InvalidPartitions);
        Grow("a", 7).Should().Be(ErrorCode.None, "this is the last that there may be");
        host.Core.Topics.PartitionCount.Should().Be(10);

        host.Send<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = "b" }] });
        Grow("a", 10).Should().Be(ErrorCode.None);

        static CreateTopicsRequest.CreatableTopic Of(string name, int partitions) => new() { Name = name, NumPartitions = partitions, ReplicationFactor = 1 };

        ErrorCode Grow(string name, int partitions) => host.Send<CreatePartitionsRequest, CreatePartitionsResponse>(
            new() { Topics = [new() { Name = name, Count = partitions, Assignments = null }] }).Value!.Results[0].ErrorCode;
    }
}
