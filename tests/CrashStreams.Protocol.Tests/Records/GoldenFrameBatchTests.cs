using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Protocol.Tests.Records;

/// <summary>The batches inside the golden Produce requests and Fetch answers, of Java and librdkafka producers, with every codec.</summary>
public class GoldenFrameBatchTests
{
    public static TheoryData<string, byte[]> Batches()
    {
        var data = new TheoryData<string, byte[]>();
        foreach (var frame in GoldenFrames.All.Where(frame => frame is { Api: "Produce" or "Fetch", Response: not null } && frame.Case != "java.rawCorrupt"))
        {
            foreach (var records in Records(frame))
            {
                var left = records;
                for (; RecordBatchView.TryRead(left, out var batch) == BatchRead.Whole; left = left[batch.Bytes.Length..])
                    data.Add(frame.ToString(), batch.Bytes.ToArray());
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Batches), DisableDiscoveryEnumeration = true)]
    public void Each_is_sound_and_written_back_to_the_same_bytes(string from, byte[] bytes)
    {
        RecordBatchView.TryRead(bytes, out var batch);
        batch.IsCrcValid.Should().BeTrue(from);
        BatchContent.TryOpen(batch, out var content).Should().BeTrue(from);
        using var opened = content;
        var header = batch.ReadHeader();
        using var builder = new RecordBatchBuilder(header);
        using var plain = new RecordBatchBuilder(header with { Codec = CompressionCodec.None });
        var records = content.Records;
        for (var i = 0; records.MoveNext(); i++)
        {
            records.Current.OffsetDelta.Should().Be(i);
            builder.Append(batch, records.Current);
            plain.Append(batch, records.Current);
        }
        records.IsComplete.Should().BeTrue(from);
        if (batch.Codec == CompressionCodec.None)
            builder.Build().ToArray().Should().Equal(bytes, from);

        // A compressor may choose other bytes, but what comes out of them is the same.
        RecordBatchView.TryRead(builder.Build(), out var rebuilt);
        BatchContent.TryOpen(rebuilt, out var again).Should().BeTrue(from);
        using var reopened = again;
        using var copy = new RecordBatchBuilder(header with { Codec = CompressionCodec.None });
        foreach (var record in again.Records)
            copy.Append(rebuilt, record);
        copy.Build().ToArray().Should().Equal(plain.Build().ToArray(), from);
    }

    [Fact]
    public void Every_codec_is_among_them() =>
        Batches().Select(row => new RecordBatchView(row.Data.Item2).Codec).Distinct().Order().Should().Equal(Enum.GetValues<CompressionCodec>());

    private static List<byte[]> Records(GoldenFrame frame) => frame.Api == "Produce" ? Produced(frame) : Fetched(frame);

    private static List<byte[]> Produced(GoldenFrame frame)
    {
        var reader = new WireReader(Convert.FromHexString(frame.Request!));
        var header = RequestHeader.Read(ref reader);
        return ProduceRequest.Read(ref reader, header.Version).TopicData
            .SelectMany(topic => topic.PartitionData).Select(partition => partition.Records.Memory.ToArray()).ToList();
    }

    private static List<byte[]> Fetched(GoldenFrame frame)
    {
        var reader = new WireReader(Convert.FromHexString(frame.Response!));
        ResponseHeader.Read(ref reader, SupportedApis.Of(ApiKey.Fetch), frame.ApiVersion);
        return FetchResponse.Read(ref reader, frame.ApiVersion).Responses
            .SelectMany(topic => topic.Partitions).Select(partition => partition.Records.Memory.ToArray()).ToList();
    }
}
