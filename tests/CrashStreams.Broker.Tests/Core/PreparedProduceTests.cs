using CrashStreams.Broker.Apis;
using CrashStreams.Broker.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

public class PreparedProduceTests
{
    [Fact]
    public void Batches_are_prepared_for_as_long_as_there_is_time_and_the_rest_later()
    {
        var produce = new PreparedProduce(new ProduceRequest(), [.. Enumerable.Repeat((CoreHost.Batch("v"), (LogConfig?)LogConfig.Default), 3)], nowMs: 1_000_000);

        produce.TryPrepare(TimeSpan.Zero).Should().BeFalse();
        produce.TryPrepare(TimeSpan.Zero).Should().BeFalse();
        produce.TryPrepare(TimeSpan.Zero).Should().BeTrue();

        produce.Batches.Should().HaveCount(3).And.OnlyContain(batch => batch.Error == ErrorCode.None && batch.Bytes.Length > 0);
    }

    [Fact]
    public void A_request_without_batches_is_prepared() => new PreparedProduce(new ProduceRequest(), [], nowMs: 0).TryPrepare(TimeSpan.Zero).Should().BeTrue();

    /// <summary>A few kilobytes that become megabytes are nothing for a thread that waits for the sockets of all.</summary>
    [Fact]
    public void Who_may_decompress_little_stops_at_a_batch_that_becomes_more()
    {
        using var builder = new RecordBatchBuilder(new RecordBatchHeader { Codec = CompressionCodec.Gzip });
        builder.Append(1_000_000, "k"u8.ToArray(), new byte[100_000]);
        var large = new RecordsField(builder.Build().ToArray());
        var produce = new PreparedProduce(new ProduceRequest(), [(CoreHost.Batch("v"), LogConfig.Default), (large, LogConfig.Default)], nowMs: 1_000_000);

        produce.TryPrepare(TimeSpan.MaxValue, mostDecompressed: 50_000).Should().BeFalse();
        produce.TryPrepare(TimeSpan.MaxValue, mostDecompressed: 50_000).Should().BeFalse();
        produce.TryPrepare(TimeSpan.MaxValue).Should().BeTrue();

        produce.Batches.Should().HaveCount(2).And.OnlyContain(batch => batch.Error == ErrorCode.None);
    }
}
