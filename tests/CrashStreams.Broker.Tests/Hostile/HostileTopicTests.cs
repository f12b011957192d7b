using System.Diagnostics;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Topics as large as there may be, on disk: others are served while they are made and deleted.</summary>
[Collection(AloneCollection.Name)]
public sealed class HostileTopicTests : IDisposable
{
    private const int Partitions = 1000;

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Others_are_served_while_a_large_topic_is_created_grows_and_is_deleted()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _temporary.Path });
        await broker.CreateTopicAsync("small");
        using var client = new RawClient(broker);
        using var other = new RawClient(broker);

        var (created, served) = await Meanwhile(other, client.Ask<CreateTopicsRequest, CreateTopicsResponse>(
            new() { TimeoutMs = 60_000, Topics = [new() { Name = "large", NumPartitions = Partitions, ReplicationFactor = 1 }] }));
        created.Topics[0].ErrorCode.Should().Be(ErrorCode.None);
        served.Should().BeGreaterThan(5);

        (var grown, served) = await Meanwhile(other, client.Ask<CreatePartitionsRequest, CreatePartitionsResponse>(
            new() { TimeoutMs = 60_000, Topics = [new() { Name = "large", Count = 2 * Partitions, Assignments = null }] }));
        grown.Results[0].ErrorCode.Should().Be(ErrorCode.None);
        served.Should().BeGreaterThan(5);
        Folders().Should().Be(2 * Partitions + 1);

        var deleted = await client.Ask<DeleteTopicsRequest, DeleteTopicsResponse>(new() { TimeoutMs = 60_000, Topics = [new() { Name = "large" }] });
        deleted.Responses[0].ErrorCode.Should().Be(ErrorCode.None);
        await broker.WaitUntilAsync(async _ =>
        {
            await Metadata(other);
            return Folders() == 1;
        }, Client.Patience);
    }

    [Fact]
    public async Task A_name_is_taken_while_its_topic_is_created()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _temporary.Path });
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var client = new RawClient(broker);
            var answer = await client.Ask<CreateTopicsRequest, CreateTopicsResponse>(
                new() { TimeoutMs = 60_000, Topics = [new() { Name = "t", NumPartitions = 200, ReplicationFactor = 1 }] });
            return answer.Topics[0].ErrorCode;
        }));
        answers.Should().BeEquivalentTo([ErrorCode.None, ErrorCode.TopicAlreadyExists, ErrorCode.TopicAlreadyExists, ErrorCode.TopicAlreadyExists]);
        Folders().Should().Be(200);
    }

    [Fact]
    public async Task A_crash_while_a_large_topic_is_created_or_deleted_leaves_no_half_topic()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _temporary.Path });
        await broker.CreateTopicAsync("t", 200);
        using (var client = new RawClient(broker))
        {
            await client.Send(new CreateTopicsRequest { TimeoutMs = 60_000, Topics = [new() { Name = "half", NumPartitions = Partitions, ReplicationFactor = 1 }] });
            await client.Send(new DeleteTopicsRequest { TimeoutMs = 60_000, Topics = [new() { Name = "t" }] });
            await broker.WaitUntilAsync(_ => Task.FromResult(Folders() > 220));
        }
        await broker.RestartAsync();

        var topics = (await Topics(broker)).Order().ToList();
        topics.Should().BeSubsetOf(["half", "t"]);
        await broker.WaitUntilAsync(_ => Task.FromResult(Folders() == (topics.Contains("half") ? Partitions : 0) + (topics.Contains("t") ? 200 : 0)));
        (await broker.StorageLossesAsync()).Should().BeEmpty();
        await broker.CreateTopicAsync("next", 20);
    }

    private static async Task<IEnumerable<string>> Topics(EmbeddedBroker broker)
    {
        using var client = new RawClient(broker);
        var all = await client.Ask<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = null });
        return all.Topics.Select(topic => topic.Name!);
    }

    private static async Task Metadata(RawClient client) =>
        (await client.Ask<MetadataRequest, MetadataResponse>(new MetadataRequest { Topics = [new() { Name = "small" }] })).Topics[0].ErrorCode.Should().Be(ErrorCode.None);

    /// <summary>How many requests of another client are answered while one is waited for.</summary>
    private static async Task<(T Answer, int Served)> Meanwhile<T>(RawClient other, Task<T> asked)
    {
        var served = 0;
        for (var watch = Stopwatch.StartNew(); !asked.IsCompleted && watch.Elapsed < Client.Patience; served++)
            await Metadata(other);
        return (await asked, served);
    }

    private int Folders() => Directory.GetDirectories(Path.Combine(_temporary.Path, "logs")).Length;
}
