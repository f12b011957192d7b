using System.Diagnostics;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Members of a broker whose heartbeats are as far apart as it allows ask the group between them.</summary>
public sealed class AskGroupTests : LogTest
{
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(15);

    private readonly Lazy<ApacheKafka> _kafka = new(() => new ApacheKafka($"group.consumer.heartbeat.interval.ms={_heartbeat.TotalMilliseconds}\ngroup.consumer.session.timeout.ms=45000"));

    protected override IKafkaBroker Broker
    {
        get
        {
            if (ApacheKafka.WhyMissing is { } reason)
                Assert.Skip(reason);
            return _kafka.Value;
        }
    }

    [Fact]
    public async Task A_partition_moves_without_waiting_for_heartbeats()
    {
        var topic = await NewTopic(partitions: 2);
        var group = NewName("group");
        var (first, firstHas) = Join(group, topic);
        Until(() => Polled(first) && firstHas.Held.Count == 2);

        var start = Stopwatch.GetTimestamp();
        var (second, secondHas) = Join(group, topic);
        Until(() =>
        {
            first.AskGroup();
            second.AskGroup();
            return Polled(first, second) && secondHas.Held.Count == 1;
        });

        Stopwatch.GetElapsedTime(start).Should().BeLessThan(_heartbeat, "the owner would hear of it a heartbeat later, and the heir another one later");
        firstHas.Held.Should().ContainSingle();
    }

    protected override void Stop()
    {
        if (_kafka.IsValueCreated)
            _kafka.Value.Dispose();
    }

    private (ILogConsumer Consumer, Assignments Assignments) Join(string group, string topic)
    {
        var consumer = Open(Clients.CreateConsumer(NewName("member"), group, readCommitted: true));
        var assignments = new Assignments();
        consumer.Subscribe([topic], assignments);
        return (consumer, assignments);
    }
}
