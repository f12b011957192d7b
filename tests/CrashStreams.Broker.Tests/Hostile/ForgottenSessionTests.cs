using CrashStreams.Broker.Fetching;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

[Collection(AloneCollection.Name)]
public sealed class ForgottenSessionTests
{
    [Fact]
    public void A_session_whose_partitions_are_forgotten_holds_nothing_any_more()
    {
        const int Sessions = 50;
        var indexes = Enumerable.Range(0, 20_000).ToList();
        var open = new FetchRequest { Topics = [new() { Topic = Target.Narrow, Partitions = indexes.ConvertAll(index => new FetchRequest.FetchPartition { Partition = index }) }] };
        var forget = new FetchRequest { ForgottenTopicsData = [new() { Topic = Target.Narrow, Partitions = indexes }] };
        var sessions = new List<FetchTargets>();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var i = 0; i < Sessions; i++)
        {
            var targets = new FetchTargets();
            targets.Update(open);
            targets.Update(forget);
            sessions.Add(targets);
        }

        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(Sessions * 100_000L);
        sessions.Should().OnlyContain(targets => targets.Count == 0);
    }
}
