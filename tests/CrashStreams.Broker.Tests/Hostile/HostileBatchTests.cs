using System.Diagnostics;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Records.Compression;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Batches that no reader gets to the end of, or that hold far more than they weigh.</summary>
public sealed class HostileBatchTests
{
    private const int Megabyte = 1024 * 1024;

    public static TheoryData<byte> Codecs => [(byte)CompressionCodec.Gzip, (byte)CompressionCodec.Snappy, (byte)CompressionCodec.Lz4, (byte)CompressionCodec.Zstd];

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task Records_that_are_cut_off_are_refused(byte codec)
    {
        var (payload, count) = Compressed((CompressionCodec)codec, Megabyte / 20, records: 20);
        await using var broker = await Start();
        using var client = new RawClient(broker);
        for (var cut = 1; cut < payload.Length; cut += cut < 20 || payload.Length - cut < 20 ? 1 : 1 + payload.Length / 50)
        {
            var (error, _) = await client.Produce("t", RawClient.Batch((CompressionCodec)codec, payload.AsSpan(0, payload.Length - cut), count));
            error.Should().BeOneOf([ErrorCode.CorruptMessage, ErrorCode.InvalidRecord, ErrorCode.MessageTooLarge], $"{cut} of {payload.Length} bytes are missing");
        }
        (await broker.EndOffsetAsync("t", 0)).Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task Records_with_something_behind_them_are_refused(byte codec)
    {
        var (payload, count) = Compressed((CompressionCodec)codec, 1000, records: 20);
        await using var broker = await Start();
        using var client = new RawClient(broker);
        byte[][] garbage = [[0], [1, 2, 3, 4], new byte[8], payload, payload[^8..], Compressed((CompressionCodec)codec, 10, 1).Payload];
        foreach (var behind in garbage)
        {
            var (error, _) = await client.Produce("t", RawClient.Batch((CompressionCodec)codec, [.. payload, .. behind], count));
            error.Should().BeOneOf([ErrorCode.CorruptMessage, ErrorCode.InvalidRecord, ErrorCode.MessageTooLarge], $"{behind.Length} bytes follow");
        }
        (await broker.EndOffsetAsync("t", 0)).Should().Be(0);
        (await client.Produce("t", RawClient.Batch((CompressionCodec)codec, payload, count))).Error.Should().Be(ErrorCode.None);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task A_batch_with_more_or_fewer_records_than_it_counts_is_refused(int claimed)
    {
        await using var broker = await Start();
        using var client = new RawClient(broker);
        foreach (var codec in Codecs)
        {
            var (payload, _) = Compressed((CompressionCodec)codec.Data, 100, records: 2);
            (await client.Produce("t", RawClient.Batch((CompressionCodec)codec.Data, payload, claimed))).Error.Should().Be(ErrorCode.InvalidRecord);
        }
        (await broker.EndOffsetAsync("t", 0)).Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public async Task A_batch_that_is_too_large_when_it_is_decompressed_is_refused(byte codec)
    {
        // As much as fits into a batch of the topic's size: snappy packs about 21 to 1, gzip at this level 100 to 1.
        var size = (CompressionCodec)codec switch { CompressionCodec.Snappy => 17, CompressionCodec.Gzip => 60, _ => 200 } * Megabyte;
        var (payload, count) = Compressed((CompressionCodec)codec, size, records: 1);
        await using var broker = await Start(("max.message.bytes", "1048588"));
        using var client = new RawClient(broker);
        var watch = Stopwatch.StartNew();

        var (error, message) = await client.Produce("t", RawClient.Batch((CompressionCodec)codec, payload, count));

        error.Should().Be(ErrorCode.MessageTooLarge);
        message.Should().Contain("Decompressed").And.Contain("16777408");
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        (await broker.EndOffsetAsync("t", 0)).Should().Be(0);
    }

    [Fact]
    public async Task The_limit_grows_with_the_topics_limit()
    {
        var (payload, count) = Compressed(CompressionCodec.Zstd, 20 * Megabyte, records: 1);
        await using var broker = await Start(("max.message.bytes", "2000000"));
        using var client = new RawClient(broker);
        (await client.Produce("t", RawClient.Batch(CompressionCodec.Zstd, payload, count))).Error.Should().Be(ErrorCode.None);
    }

    [Theory]
    [InlineData("uncompressed")]
    [InlineData("snappy")]
    public async Task A_batch_that_is_too_large_when_the_topic_has_rewritten_it_is_refused(string compressionType)
    {
        // Random bytes, three times: zstd sees that, snappy does not.
        var block = new byte[400_000];
        new Random(1).NextBytes(block);
        var (payload, count) = Compressed(CompressionCodec.Zstd, [block, block, block]);
        payload.Length.Should().BeLessThan(500_000);
        await using var broker = await Start(("compression.type", compressionType));
        using var client = new RawClient(broker);

        var (error, message) = await client.Produce("t", RawClient.Batch(CompressionCodec.Zstd, payload, count));

        error.Should().Be(ErrorCode.MessageTooLarge);
        message.Should().Contain("compression.type");
        (await broker.EndOffsetAsync("t", 0)).Should().Be(0);
    }

    [Fact]
    public async Task A_batch_is_judged_by_the_settings_that_hold_when_it_is_appended()
    {
        var (payload, count) = Compressed(CompressionCodec.Gzip, 1000, records: 3);
        await using var broker = await Start();
        using var client = new RawClient(broker);
        using var admin = Client.Admin(broker);
        foreach (var (type, codec) in new[] { ("uncompressed", CompressionCodec.None), ("lz4", CompressionCodec.Lz4), ("producer", CompressionCodec.Gzip) })
        {
            await admin.IncrementalAlterConfigsAsync(new()
            {
                [new() { Type = Confluent.Kafka.Admin.ResourceType.Topic, Name = "t" }] =
                    [new() { Name = "compression.type", Value = type, IncrementalOperation = Confluent.Kafka.Admin.AlterConfigOpType.Set }],
            });
            (await client.Produce("t", RawClient.Batch(CompressionCodec.Gzip, payload, count))).Error.Should().Be(ErrorCode.None, $"{codec} is fine");
        }
        (await broker.ReadAsync("t", 0)).Should().HaveCount(9);
    }

    private static async Task<EmbeddedBroker> Start(params (string Name, string Value)[] configs)
    {
        var broker = await EmbeddedBroker.StartAsync();
        await broker.CreateTopicAsync("t", configs: configs.ToDictionary(config => config.Name, config => config.Value));
        return broker;
    }

    /// <summary>The compressed records of a batch, each with a value of zeros with a number in between.</summary>
    private static (byte[] Payload, int Count) Compressed(CompressionCodec codec, int size, int records)
    {
        var values = new byte[records][];
        for (var i = 0; i < records; i++)
        {
            values[i] = new byte[size / records];
            for (var at = 0; at < Math.Min(values[i].Length, 2000); at++)
                values[i][at] = (byte)((i * 7919 + at) * 31 % 251);
        }
        return Compressed(codec, values);
    }

    private static (byte[] Payload, int Count) Compressed(CompressionCodec codec, byte[][] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values)
            builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "k"u8.ToArray(), value);
        using var target = new PooledBuffer();
        RecordCompression.Compress(codec, builder.Build()[RecordBatchHeader.Size..], target);
        return (target.Written.ToArray(), values.Length);
    }
}
