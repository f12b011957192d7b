using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

public class MetadataTests
{
    [Fact]
    public void A_topic_of_many_partitions_is_described_again_without_an_object_for_each()
    {
        const int Partitions = 10_000;
        var host = new CoreHost();
        host.CreateTopic("wide", Partitions);
        _ = Describe();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = Describe();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(10 * Partitions);
        again.Topics[0].Partitions.Select(partition => partition.PartitionIndex).Should().Equal(Enumerable.Range(0, Partitions));

        MetadataResponse Describe() => host.Send<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "wide" }] }, version: 9).Now;
    }

    [Fact]
    public void A_topic_that_has_grown_is_described_with_all_its_partitions()
    {
        var host = new CoreHost();
        var topic = host.CreateTopic("t", 2);
        host.CreateTopic("other", 5);
        Count("t").Should().Be(2);

        host.Core.Topics.AddPartitions(topic, 7, failure => failure.Should().BeNull());

        Count("t").Should().Be(7);
        Count("other").Should().Be(5);

        int Count(string name) => host.Send<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = name }] }, version: 9).Now.Topics[0].Partitions.Count;
    }
}
