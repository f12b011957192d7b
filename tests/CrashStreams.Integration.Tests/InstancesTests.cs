using CrashStreams.Kafka.Tests;
using CrashStreams.Kafka;
using CrashStreams.Stores;

namespace CrashStreams.Integration.Tests;

/// <summary>Two instances know which of them holds a key, while one comes and the other goes.</summary>
public sealed class InstancesTests(EmbeddedKafka broker)
{
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Both_know_where_every_key_is(ProcessingGuarantee guarantee)
    {
        var name = $"instances-{Guid.NewGuid():N}";
        await broker.CreateTopic($"{name}-in", 4);
        var builder = new StreamsBuilder();
        builder.Stream<string, string>($"{name}-in").GroupByKey().Count("counts");
        StreamsApplication New(string host) => new(
            builder.Build(), new() { ApplicationId = name, HostInfo = host, Delivery = { Guarantee = guarantee } }, new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers }));
        await using var first = New("one:1");
        await first.StartAsync();
        await Monitors.Until(() => Keys.All(k => first.Find("counts", k) is { Host: "one:1", IsLocal: true, IsReady: true }));

        await using var second = New("two:2");
        await second.StartAsync();
        await Monitors.Until(() => HostsOf(first) is { } hosts && hosts.Distinct().Count() == 2 && hosts.SequenceEqual(HostsOf(second) ?? []));
        foreach (var key in Keys)
        {
            var (here, there) = (first.Find("counts", key)!, second.Find("counts", key)!);
            here.IsLocal.Should().Be(here.Host == "one:1");
            there.IsLocal.Should().Be(there.Host == "two:2");
            var holder = here.IsLocal ? first : second;
            (await holder.KeyValueStore<string, long>("counts").GetAsync(key)).Should().BeNull("it is asked at the right place, which has no such key");
        }

        await first.StopAsync();
        await Monitors.Until(() => Keys.All(k => second.Find("counts", k) is { Host: "two:2", IsLocal: true, IsReady: true }));
    }

    private static IEnumerable<string> Keys => Enumerable.Range(0, 20).Select(i => $"user-{i}");

    private static List<string?>? HostsOf(StreamsApplication application)
    {
        var found = Keys.Select(k => application.Find("counts", k)).ToList();
        return found.Contains(null) || found.Exists(f => !f!.IsReady) ? null : found.ConvertAll(f => f!.Host);
    }
}
