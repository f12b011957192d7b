using CrashStreams.Testing;

namespace CrashStreams.Hosting.Tests.Fixture;

/// <summary>As a user of xunit has it.</summary>
public sealed class KafkaFixture : BrokerFixture, IAsyncLifetime;

public class BrokerFixtureTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private static Topology Counts(string from, string to)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(from).GroupByKey().Count("counts").ToStream().To(to);
        return builder.Build();
    }

    [Fact]
    public async Task Records_go_through_an_application_and_come_back_with_their_types()
    {
        var (visits, counts) = (await kafka.CreateTopicAsync("visits", partitions: 2), await kafka.CreateTopicAsync("counts"));
        await using var application = await kafka.StartAsync(Counts(visits, counts));

        await kafka.WriteAsync(visits, [new Record<string, string>("ann", "/", 1), new("bob", "/", 2), new("ann", "/a", 3)]);

        (await kafka.ReadAsync<string, long>(counts, 3)).Where(static count => count.Key == "ann").Select(static count => count.Value).Should().Equal(1, 2);
    }

    [Fact]
    public async Task What_does_not_come_is_told_with_what_came()
    {
        var topic = await kafka.CreateTopicAsync("few");
        await kafka.WriteAsync(topic, [new Record<string, string>("ann", "/", 1)]);

        var read = () => kafka.ReadAsync<string, string>(topic, 2, patience: TimeSpan.FromMilliseconds(200));

        await read.Should().ThrowAsync<TimeoutException>().WithMessage("*has 1 records after 0.2 s, and 2 were waited for: ann: / @1");
    }

    [Fact]
    public async Task A_missing_key_and_a_tombstone_stay_what_they_are()
    {
        var topic = await kafka.CreateTopicAsync("bare");
        await kafka.WriteAsync(topic, [new Record<string, string>(null!, "x", 1), new Record<string, string>("ann", null!, 2)]);

        (await kafka.ReadAsync<string, string>(topic, 2)).Select(static record => (record.HasKey, record.HasValue)).Should().Equal((false, true), (true, false));
    }

    [Fact]
    public void A_fixture_that_was_not_started_says_so()
    {
        var broker = () => new BrokerFixture().Broker;

        broker.Should().Throw<InvalidOperationException>().WithMessage("*has to call InitializeAsync*");
    }
}
