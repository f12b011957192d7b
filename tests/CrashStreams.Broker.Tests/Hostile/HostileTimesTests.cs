using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Broker.Tests.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Times as large as there are, in configs, requests and records: they mean "never", not "long ago".</summary>
public sealed class HostileTimesTests
{
    private static readonly long[] _edges = [long.MinValue, long.MinValue + 1, -1, 0, 1, 1_700_000_000_000, long.MaxValue - 1, long.MaxValue];

    public static TheoryData<string> TimeConfigs =>
    [
        "delete.retention.ms", "max.compaction.lag.ms", "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "min.compaction.lag.ms", "retention.ms", "segment.ms",
    ];

    [Theory]
    [MemberData(nameof(TimeConfigs))]
    public async Task A_topic_with_the_longest_time_takes_and_keeps_records(string config)
    {
        foreach (var value in new[] { long.MaxValue, long.MaxValue - 1, long.MaxValue - 1_000_000_000_000 })
        {
            await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { LogCareInterval = TimeSpan.FromMilliseconds(20) });
            await broker.CreateTopicAsync("t", configs: new Dictionary<string, string> { [config] = $"{value}", ["cleanup.policy"] = "compact,delete", ["segment.bytes"] = "1024", ["min.cleanable.dirty.ratio"] = "0" });
            for (var i = 0; i < 30; i++)
                await broker.AppendAsync("t", 0, ("k"u8.ToArray(), new byte[100]), ("tombstone"u8.ToArray(), null));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            var records = await broker.ReadAsync("t", 0);
            records.Should().Contain(record => record.Value != null).And.Contain(record => record.Value == null);
        }
    }

    [Fact]
    public void Tombstones_stay_for_the_longest_retention()
    {
        var storage = new MemoryStorage();
        var log = PartitionLog.Open(storage, "t", new LogConfig { Compact = true, Delete = false, MinCleanableDirtyRatio = 0, DeleteRetentionMs = long.MaxValue - 1 });
        log.Append(Of("k"), AtNow);
        for (var round = 0; round < 3; round++)
        {
            log.Append(Of($"other=1"), AtNow);
            log.Roll();
            using var compaction = log.BeginCompaction(Now + round)!;
            while (compaction.Step())
            {
            }
            log.CompleteCompaction(compaction);
        }
        Consume(log).Should().Contain("0:k");
    }

    [Fact]
    public async Task An_offset_that_is_committed_with_the_longest_retention_stays()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t");
        using var client = new RawClient(broker);
        var answer = await client.Ask<OffsetCommitRequest, OffsetCommitResponse>(new OffsetCommitRequest
        {
            GroupId = "g",
            GenerationIdOrMemberEpoch = -1,
            RetentionTimeMs = long.MaxValue,
            Topics = [new() { Name = "t", Partitions = [new() { PartitionIndex = 0, CommittedOffset = 5 }] }],
        }, version: 2);
        answer.Topics[0].Partitions[0].ErrorCode.Should().Be(ErrorCode.None);
        (await broker.CommittedOffsetsAsync("g")).Values.Should().Equal(5);
    }

    [Fact]
    public async Task A_record_whose_timestamp_is_larger_than_there_are_is_refused()
    {
        await using var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t", configs: new Dictionary<string, string> { ["message.timestamp.after.max.ms"] = $"{long.MaxValue}" });
        using var client = new RawClient(broker);
        using var builder = new RecordBatchBuilder();
        builder.Append(long.MaxValue - 10, "a"u8.ToArray(), "a"u8.ToArray());
        builder.Append(long.MaxValue, "b"u8.ToArray(), "b"u8.ToArray());
        var batch = builder.Build().ToArray();
        var header = new RecordBatchView(batch).ReadHeader();
        header.BaseTimestamp = long.MaxValue;
        header.Write(batch);
        (await client.Produce("t", batch)).Error.Should().Be(ErrorCode.InvalidTimestamp);
    }

    [Fact]
    public void Sums_and_differences_end_where_times_do()
    {
        foreach (var left in _edges)
        {
            foreach (var right in _edges)
            {
                Saturating.Add(left, right).Should().Be((long)Int128.Clamp((Int128)left + right, long.MinValue, long.MaxValue), $"{left} + {right}");
                Saturating.Subtract(left, right).Should().Be((long)Int128.Clamp((Int128)left - right, long.MinValue, long.MaxValue), $"{left} - {right}");
            }
        }
    }
}
