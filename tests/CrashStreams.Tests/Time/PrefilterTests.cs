using System.Buffers;
using System.Buffers.Binary;
using CrashStreams.Log;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Time;

/// <summary>A record that is rejected by its bytes still has a time.</summary>
public class PrefilterTests
{
    [Fact]
    public void A_rejected_record_is_not_parsed_and_moves_the_watermark()
    {
        var parsed = 0;
        using var driver = Driver(_ => parsed++);
        Pipe(driver, 1, 'k');
        Pipe(driver, 40, '-');
        parsed.Should().Be(1);
        driver.Read("out").Should().ContainSingle();
    }

    [Fact]
    public void A_rejected_record_that_was_ahead_makes_a_kept_one_late()
    {
        using var driver = Driver(_ => { });
        Pipe(driver, 45, '-');
        Pipe(driver, 1, 'k');
        driver.Dropped.Should().Contain("late", 1);
    }

    [Fact]
    public void Bytes_that_carry_no_time_go_to_the_parser_which_tells_what_is_wrong()
    {
        var parsed = 0;
        using var driver = Driver(_ => parsed++);
        driver.Pipe("in", null, [(byte)'-'], 0);
        parsed.Should().Be(1);
        driver.Dropped.Should().Contain("negative-timestamp", 1);
    }

    private static void Pipe(TopologyTestDriver driver, int second, char mark)
    {
        var bytes = new byte[9];
        bytes[0] = (byte)mark;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), second * 1000);
        driver.Pipe("in", null, bytes, 0);
    }

    // A mark, then the time; only marks 'k' are kept.
    private static TopologyTestDriver Driver(Action<int> parse)
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<string, byte[]>
            {
                ValueSerde = new Watched(parse), Prefilter = static (in record) => record.Value[0] == 'k',
                TimestampExtractor = new(static (in LogRecord record) => record.Value.Length < 9 ? -1 : BinaryPrimitives.ReadInt64BigEndian(record.Value[1..])),
            })
            .Filter((_, value) => value[0] == 'k').SelectKey((_, _) => "key").GroupByKey(new() { Name = "all", ValueSerde = Serdes.Bytes })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30))).Emit(EmitStrategy.OnWindowClose)
            .Count("counts").ToStream().To("out");
        return new(builder.Build());
    }

    private sealed class Watched(Action<int> parse) : Serde<byte[]>
    {
        public override byte[] Deserialize(ReadOnlySpan<byte> data)
        {
            parse(data.Length);
            return data.ToArray();
        }

        public override void Serialize(byte[] value, IBufferWriter<byte> output) => output.Write(value);
    }
}
