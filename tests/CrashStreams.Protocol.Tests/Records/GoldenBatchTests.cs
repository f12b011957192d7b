using System.Buffers.Binary;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Protocol.Tests.Records;

/// <summary>Batches that Apache Kafka 4.3 has in its log, byte by byte.</summary>
public class GoldenBatchTests
{
    /// <summary>The first transaction of a producer with transaction.version 2: three records c0, c2, c4 under epoch 0.</summary>
    private static byte[] Data => Hex("""
        0000000000000000 0000004c 00000000 02 0c28f94f 0010 00000002 000001a20a5d20dc 000001a20a5d20ea 0000000000000014 0000 00000000 00000003
        10 00 00 00 01 04 6330 00 10 00 1a 02 01 04 6332 00 10 00 1c 04 01 04 6334 00
        """);

    /// <summary>Its commit marker, which carries the bumped epoch 1.</summary>
    private static byte[] Marker => Hex("""
        0000000000000003 00000042 00000000 02 31f8af34 0030 00000000 000001a20a5d2155 000001a20a5d2155 0000000000000014 0001 ffffffff 00000001
        20 00 00 00 08 00000001 0c 000000000000 00
        """);

    [Fact]
    public void Every_field_of_a_data_batch_is_read_in_place()
    {
        RecordBatchView.TryRead(Data, out var batch).Should().Be(BatchRead.Whole);

        batch.BaseOffset.Should().Be(0);
        batch.LastOffset.Should().Be(2);
        batch.SizeInBytes.Should().Be(Data.Length);
        batch.IsCrcValid.Should().BeTrue();
        batch.IsTransactional.Should().BeTrue();
        batch.IsControl.Should().BeFalse();
        batch.Codec.Should().Be(CompressionCodec.None);
        batch.BaseTimestamp.Should().Be(0x1a20a5d20dc);
        batch.MaxTimestamp.Should().Be(0x1a20a5d20ea);
        batch.ProducerId.Should().Be(20);
        batch.ProducerEpoch.Should().Be(0);
        batch.BaseSequence.Should().Be(0);
        batch.LastSequence.Should().Be(2);
        batch.RecordCount.Should().Be(3);
    }

    [Fact]
    public void Records_have_their_offsets_timestamps_keys_and_values()
    {
        RecordBatchView.TryRead(Data, out var batch);
        var seen = new List<string>();
        var records = batch.Records;
        while (records.MoveNext())
        {
            var record = records.Current;
            record.HasKey.Should().BeFalse();
            seen.Add($"{record.OffsetDelta} {batch.TimestampOf(record) - batch.BaseTimestamp} {System.Text.Encoding.UTF8.GetString(record.Value)}");
        }

        records.IsComplete.Should().BeTrue();
        seen.Should().Equal("0 0 c0", "1 13 c2", "2 14 c4");
    }

    [Fact]
    public void A_marker_says_commit_and_is_written_to_the_same_bytes()
    {
        RecordBatchView.TryRead(Marker, out var batch).Should().Be(BatchRead.Whole);
        ControlRecord.TryRead(batch, out var type, out var coordinatorEpoch).Should().BeTrue();
        type.Should().Be(ControlType.Commit);
        coordinatorEpoch.Should().Be(0);

        var written = new byte[ControlRecord.BatchSize];
        ControlRecord.WriteBatch(written, 3, 0, producerId: 20, producerEpoch: 1, ControlType.Commit, coordinatorEpoch: 0, batch.MaxTimestamp);
        written.Should().Equal(Marker);
    }

    [Fact]
    public void The_builder_writes_what_the_java_producer_wrote()
    {
        RecordBatchView.TryRead(Data, out var golden);
        using var builder = new RecordBatchBuilder(golden.ReadHeader());
        builder.Append(golden.BaseTimestamp, RecordField.Null, "c0"u8);
        builder.Append(golden.BaseTimestamp + 13, RecordField.Null, "c2"u8);
        builder.Append(golden.BaseTimestamp + 14, RecordField.Null, "c4"u8);

        builder.Build().ToArray().Should().Equal(Data);
    }

    [Fact]
    public void The_checksum_is_that_of_the_standard_check_value() => Crc32C.Compute("123456789"u8).Should().Be(0xE3069283);

    [Theory]
    [InlineData(3071)]
    [InlineData(3072)]
    [InlineData(100_003)]
    public void The_checksum_of_much_is_that_of_its_pieces(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);

        var sum = 0u;
        foreach (var piece in data.Chunk(1000))
            sum = Crc32C.Append(sum, piece);

        Crc32C.Compute(data).Should().Be(sum);
    }

    [Fact]
    public void Assigning_an_offset_leaves_the_checksum_valid()
    {
        var batch = Data;
        RecordBatchStamp.Assign(batch, 1234567890123, 7);

        var view = new RecordBatchView(batch);
        view.BaseOffset.Should().Be(1234567890123);
        view.PartitionLeaderEpoch.Should().Be(7);
        view.IsCrcValid.Should().BeTrue();
    }

    [Fact]
    public void Log_append_time_overrides_the_timestamps_of_all_records()
    {
        var batch = Data;
        RecordBatchStamp.SetLogAppendTime(batch, 99);

        var view = new RecordBatchView(batch);
        view.IsCrcValid.Should().BeTrue();
        view.IsLogAppendTime.Should().BeTrue();
        foreach (var record in view.Records)
            view.TimestampOf(record).Should().Be(99);
    }

    [Fact]
    public void A_cut_batch_is_not_read()
    {
        for (var length = 0; length < Data.Length; length++)
            RecordBatchView.TryRead(Data.AsSpan(0, length), out _).Should().Be(BatchRead.Cut);
    }

    [Fact]
    public void A_hostile_length_is_malformed_or_cut()
    {
        foreach (var length in new[] { int.MinValue, -1, 0, 48, int.MaxValue })
        {
            var batch = Data;
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), length);
            RecordBatchView.TryRead(batch, out _).Should().NotBe(BatchRead.Whole);
        }
    }

    private static byte[] Hex(string text) => Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
}
