using System.Buffers;

namespace CrashStreams.Tests.State;

public class TupleSerdeTests
{
    private static byte[] Bytes<T>(Serde<T> serde, T value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        serde.Serialize(value, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_pair_is_the_length_of_its_first_part_the_first_part_the_second() =>
        Convert.ToHexString(Bytes(Serdes.Tuple(Serdes.String, Serdes.String), ("ab", "c"))).Should().Be("00000002" + "6162" + "63");

    [Fact]
    public void Three_parts_are_a_pair_whose_second_part_is_a_pair() =>
        Convert.ToHexString(Bytes(Serdes.Tuple(Serdes.String, Serdes.String, Serdes.Byte), ("ab", "c", (byte)7))).Should().Be("00000002" + "6162" + "00000001" + "63" + "07");

    [Theory]
    [InlineData("", "", "")]
    [InlineData("a", "bc", "")]
    [InlineData("ab", "c", "")]
    [InlineData("\0", "ü", "日本")]
    public void What_is_written_is_read_as_the_same_value(string one, string two, string three)
    {
        var serde = Serdes.Tuple(Serdes.String, Serdes.String, Serdes.String);
        serde.Deserialize(Bytes(serde, (one, two, three))).Should().Be((one, two, three));
    }

    [Fact]
    public void Tuples_in_tuples_are_written_too()
    {
        var serde = Serdes.Tuple(Serdes.Tuple(Serdes.Tuple(Serdes.String, Serdes.Int64), Serdes.Int64), Serdes.Int64);
        serde.Deserialize(Bytes(serde, ((("a", 1L), 2L), 3L))).Should().Be(((("a", 1L), 2L), 3L));
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("0000000561")]
    [InlineData("FFFFFFFF61")]
    public void Bytes_that_are_no_tuple_are_told(string hex) =>
        FluentActions.Invoking(() => Serdes.Tuple(Serdes.String, Serdes.String).Deserialize(Convert.FromHexString(hex))).Should().Throw<SerdeException>().WithMessage("*not-a-tuple*");
}
