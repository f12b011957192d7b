using CrashStreams.Protocol.Records;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Protocol.Tests.Records;

public class RecordBatchProperties
{
    [Fact]
    public void What_is_written_is_read_with_every_codec() => Prop.ForAll(ArbMap.Default.ArbFor<(byte Codec, (int Time, byte[]? Key, byte[]? Value, byte[] Header)[] Records)>(),
        input =>
        {
            var codec = (CompressionCodec)(input.Codec % 5);
            using var builder = new RecordBatchBuilder(new RecordBatchHeader { BaseOffset = 7, Codec = codec });
            foreach (var (time, key, value, header) in input.Records)
                builder.Append(Time(time), key, value, [new RecordHeader("h"u8.ToArray(), header), new RecordHeader(header, null)]);
            RecordBatchView.TryRead(builder.Build(), out var batch).Should().Be(BatchRead.Whole);

            batch.IsCrcValid.Should().BeTrue();
            BatchContent.TryOpen(batch, out var content).Should().BeTrue();
            using var opened = content;
            var records = content.Records;
            for (var i = 0; records.MoveNext(); i++)
            {
                var record = records.Current;
                record.OffsetDelta.Should().Be(i);
                batch.TimestampOf(record).Should().Be(Time(input.Records[i].Time));
                (record.HasKey ? record.Key.ToArray() : null).Should().Equal(input.Records[i].Key);
                (record.HasValue ? record.Value.ToArray() : null).Should().Equal(input.Records[i].Value);
                var headers = record.Headers;
                headers.MoveNext().Should().BeTrue();
                headers.Current.Value.ToArray().Should().Equal(input.Records[i].Header);
                headers.MoveNext().Should().BeTrue();
                headers.Current.HasValue.Should().BeFalse();
                headers.MoveNext().Should().BeFalse();
            }
            records.IsComplete.Should().BeTrue();
            batch.MaxTimestamp.Should().Be(input.Records.Length == 0 ? -1 : input.Records.Max(record => Time(record.Time)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Varints_are_read_as_written() => Prop.ForAll<int, long>((number, large) =>
    {
        Span<byte> bytes = stackalloc byte[Varint.MaxInt64Bytes];
        foreach (var value in new[] { number, int.MinValue, int.MaxValue, -1, 0, number << 16 })
        {
            var at = 0;
            Varint.Write(bytes, value).Should().Be(Varint.Size(value));
            Varint.TryReadInt32(bytes, ref at, out var read).Should().BeTrue();
            (read, at).Should().Be((value, Varint.Size(value)));
        }
        foreach (var value in new[] { large, long.MinValue, long.MaxValue, large << 32 })
        {
            var at = 0;
            Varint.Write(bytes, value).Should().Be(Varint.Size(value));
            Varint.TryReadInt64(bytes, ref at, out var read).Should().BeTrue();
            (read, at).Should().Be((value, Varint.Size(value)));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_varint_without_end_is_refused()
    {
        var at = 0;
        Varint.TryReadInt32(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, ref at, out _).Should().BeFalse();
        at = 0;
        Varint.TryReadInt64(Enumerable.Repeat((byte)0xff, 11).ToArray(), ref at, out _).Should().BeFalse();
        at = 0;
        Varint.TryReadInt32(new byte[] { 0x80 }, ref at, out _).Should().BeFalse();
    }

    [Fact]
    public void Mutated_batches_are_read_to_an_end()
    {
        var random = new System.Random(4711);
        using var builder = new RecordBatchBuilder();
        for (var round = 0; round < 20_000; round++)
        {
            builder.Reset(new RecordBatchHeader { Codec = (CompressionCodec)(round % 5) });
            for (var i = 0; i < 3; i++)
                builder.Append(i, new byte[random.Next(40)], new byte[random.Next(40)], [new RecordHeader("h"u8.ToArray(), null)]);
            var bytes = builder.Build().ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (RecordBatchView.TryRead(bytes, out var batch) != BatchRead.Whole || !BatchContent.TryOpen(batch, out var content, maxBytes: 1 << 20))
                continue;
            using var opened = content;
            var count = 0;
            foreach (var record in content.Records)
            {
                foreach (var header in record.Headers)
                    count += header.Key.Length;
                count++;
            }
            count.Should().BeLessThan(1 << 20);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Decompression_stops_at_its_limit(int codec)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchHeader { Codec = (CompressionCodec)codec });
        builder.Append(1, RecordField.Null, new byte[1 << 20]);
        RecordBatchView.TryRead(builder.Build(), out var batch);

        BatchContent.TryOpen(batch, out _, maxBytes: 1 << 18).Should().BeFalse();
        BatchContent.TryOpen(batch, out var content, maxBytes: 1 << 21).Should().BeTrue();
        content.Dispose();
    }

    private static long Time(int time) => 1_700_000_000_000 + time;
}
