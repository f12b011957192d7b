using System.Text;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Protocol.Messages;
using OpenFiles = CrashStreams.Broker.Tests.Clients.OpenFiles;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>More partitions and segments than there are descriptors.</summary>
public sealed class HostileDescriptorTests : IDisposable
{
    private const int Limit = 60;
    private const int Partitions = 120;

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task More_partitions_than_descriptors_take_and_keep_records()
    {
        await using (var broker = await Start())
        {
            await broker.CreateTopicAsync("t", Partitions);
            Open().Should().BeLessThan(Limit / 2, "a partition that was never used has no file open");
            for (var round = 0; round < 2; round++)
            {
                for (var partition = 0; partition < Partitions; partition++)
                {
                    await broker.AppendAsync("t", partition, (null, Encoding.UTF8.GetBytes($"{round}")));
                    if (partition % 10 == 0)
                        Open().Should().BeLessThan(Limit / 2);
                }
            }
        }
        await using var again = await Start();
        Open().Should().BeLessThan(Limit / 2);
        for (var partition = 0; partition < Partitions; partition++)
            (await again.ReadAsync("t", partition)).Should().HaveCount(2);
        (await again.StorageLossesAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_fetch_of_more_segments_than_descriptors_gets_some_after_the_other()
    {
        await using var broker = await Start();
        await broker.CreateTopicAsync("t", Partitions, new Dictionary<string, string> { ["segment.bytes"] = "1024" });
        for (var partition = 0; partition < Partitions; partition++)
        {
            for (var i = 0; i < 3; i++)
                await broker.AppendAsync("t", partition, (null, new byte[500]));
        }

        using var client = new RawClient(broker);
        var wanted = Enumerable.Range(0, Partitions).ToHashSet();
        for (var round = 0; wanted.Count > 0 && round < 50; round++)
        {
            var answer = await client.Ask<FetchRequest, FetchResponse>(Fetch(wanted), version: 12);
            Open().Should().BeLessThan(Limit);
            wanted.ExceptWith(answer.Responses.SelectMany(topic => topic.Partitions).Where(partition => partition.Records.Length > 0).Select(partition => partition.PartitionIndex));
        }
        wanted.Should().BeEmpty("those that had to wait come next");
    }

    [Fact]
    public async Task Readers_that_do_not_take_their_answers_leave_descriptors_for_producers()
    {
        await using var broker = await Start();
        await broker.CreateTopicAsync("t", Partitions, new Dictionary<string, string> { ["segment.bytes"] = "300000" });
        for (var partition = 0; partition < Partitions; partition++)
        {
            for (var i = 0; i < 3; i++)
                await broker.AppendAsync("t", partition, (null, new byte[200_000]));
        }

        var readers = new List<RawClient>();
        for (var i = 0; i < 10; i++)
        {
            var reader = new RawClient(broker);
            readers.Add(reader);
            for (var request = 0; request < 10; request++)
                await reader.Send(Fetch(Enumerable.Range(i * 2, 100).ToHashSet()), version: 12);
        }
        for (var partition = 0; partition < Partitions; partition++)
        {
            await broker.AppendAsync("t", partition, (null, new byte[10]));
            if (partition % 10 == 0)
                Open().Should().BeLessThan(Limit);
        }
        readers.ForEach(reader => reader.Dispose());
        await broker.WaitUntilAsync(_ => Task.FromResult(Open() <= Limit / 4));
    }

    [Fact]
    public async Task A_topic_that_could_only_be_made_in_part_leaves_nothing()
    {
        await using var broker = await Start();
        foreach (var partitions in new[] { 5, 200 })
        {
            await broker.CreateTopicAsync("other");
            broker.Faults.Disk.Fill();
            await FluentActions.Awaiting(() => broker.CreateTopicAsync("t", partitions)).Should().ThrowAsync<IOException>();
            broker.Faults.Disk.Free();
            await broker.WaitUntilAsync(_ => Task.FromResult(Directory.GetDirectories(Path.Combine(_temporary.Path, "logs")).Length == 1));
            await broker.CreateTopicAsync("t", partitions);
            using var admin = Client.Admin(broker);
            await admin.DeleteTopicsAsync(["t", "other"]);
            await broker.WaitUntilAsync(_ => Task.FromResult(Directory.GetDirectories(Path.Combine(_temporary.Path, "logs")).Length == 0));
        }
    }

    private static FetchRequest Fetch(HashSet<int> partitions) => new()
    {
        ReplicaId = -1,
        MaxWaitMs = 100,
        MinBytes = 1,
        MaxBytes = int.MaxValue,
        SessionEpoch = -1,
        Topics = [new() { Topic = "t", Partitions = [.. partitions.Select(partition => new FetchRequest.FetchPartition { Partition = partition, PartitionMaxBytes = 1000, CurrentLeaderEpoch = -1, LastFetchedEpoch = -1, LogStartOffset = -1 })] }],
    };

    private int Open() => OpenFiles.Below(_temporary.Path).Count(file => file.Contains(".log", StringComparison.Ordinal));

    private Task<EmbeddedBroker> Start() => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _temporary.Path, OpenFileLimit = Limit });
}
