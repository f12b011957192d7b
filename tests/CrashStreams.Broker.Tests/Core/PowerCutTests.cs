using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Tests.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>With flush=always, everything that was acknowledged is there after a power cut that takes back all names and bytes that were not flushed.</summary>
public class PowerCutTests
{
    private readonly MemoryStorage _disk = new(losesNames: true);
    private readonly Dictionary<string, List<string>> _records = [];
    private readonly Dictionary<string, long> _committed = [];
    private readonly HashSet<string> _transactionalIds = [];

    [Fact]
    public void What_was_acknowledged_survives()
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            var random = new Random(seed);
            var host = Start();
            for (var left = random.Next(1, 60); left > 0; left--)
                Do(host, random);
            if (random.Next(4) == 0)
                host.Core.Close();
            _disk.CutPower(random);
            Expect(Start(), seed);
        }
    }

    private CoreHost Start() => new(new BrokerOptions { Flush = FlushMode.Always }, _disk);

    private void Do(CoreHost host, Random random)
    {
        if (_records.Count == 0 || random.Next(12) == 0)
        {
            var name = $"t{_records.Count}";
            var created = host.Send<CreateTopicsRequest, CreateTopicsResponse>(
                new() { Topics = [new() { Name = name, NumPartitions = 1, ReplicationFactor = 1, Configs = [new() { Name = "segment.bytes", Value = "1024" }] }] });
            created.Now.Topics[0].ErrorCode.Should().Be(ErrorCode.None);
            _records.Add(name, []);
            return;
        }
        var (topic, records) = _records.ElementAt(random.Next(_records.Count));
        switch (random.Next(4))
        {
            case 0:
                var group = $"g{random.Next(3)}";
                var commit = host.Send<OffsetCommitRequest, OffsetCommitResponse>(
                    new() { GroupId = group, Topics = [new() { Name = topic, Partitions = [new() { CommittedOffset = records.Count }] }] }, version: 8);
                commit.Now.Topics[0].Partitions[0].ErrorCode.Should().Be(ErrorCode.None);
                _committed[$"{group} {topic}"] = records.Count;
                break;
            case 1:
                var id = $"x{random.Next(5)}";
                host.Send<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = id, TransactionTimeoutMs = 1000, ProducerId = -1, ProducerEpoch = -1 }, version: 4)
                    .Now.ErrorCode.Should().Be(ErrorCode.None);
                _transactionalIds.Add(id);
                break;
            default:
                var value = $"{records.Count} {new string('v', random.Next(300))}";
                var produced = host.Send<ProduceRequest, ProduceResponse>(
                    new() { Acks = -1, TopicData = [new() { Name = topic, PartitionData = [new() { Records = CoreHost.Batch(value) }] }] }, version: 9);
                produced.Now.Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
                records.Add(value);
                break;
        }
    }

    private void Expect(CoreHost host, int seed)
    {
        host.Core.Topics.Topics.Select(topic => topic.Name).Should().BeEquivalentTo(_records.Keys, $"of seed {seed}");
        foreach (var (topic, records) in _records)
            TestBatch.Consume(host.Core.Topics.Find(topic)!.Partitions[0].Log).Should().Equal(records.Select((value, offset) => $"{offset}:k={value}"), $"of seed {seed}, {topic}");
        foreach (var (key, offset) in _committed)
            host.Core.Groups.Find(key.Split(' ')[0])!.Offsets.Find(new TopicPartition(key.Split(' ')[1], 0))!.Offset.Should().Be(offset, $"of seed {seed}, {key}");
        _transactionalIds.Should().OnlyContain(id => host.Core.Transactions.Find(id) != null, $"of seed {seed}");
    }
}
