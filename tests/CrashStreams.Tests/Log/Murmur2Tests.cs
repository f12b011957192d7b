using System.Text;
using CrashStreams.Log;

namespace CrashStreams.Tests.Log;

public class Murmur2Tests
{
    /// <summary>Hashes of Kafka's Java client.</summary>
    [Theory]
    [InlineData("", 275646681, 3, 9)]
    [InlineData("a", -1563381124, 4, 4)]
    [InlineData("21", -973932308, 0, 0)]
    [InlineData("foobar", -790332482, 0, 6)]
    [InlineData("user_1836", -690913003, 1, 1)]
    [InlineData("a-little-bit-long-string", -985981536, 2, 8)]
    [InlineData("zażółć gęślą jaźń", -1737940837, 1, 7)]
    public void Keys_go_where_the_Java_client_puts_them(string key, int hash, int ofSix, int ofTwelve)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        Murmur2.Hash(bytes).Should().Be(hash);
        Murmur2.Partition(bytes, 6).Should().Be(ofSix);
        Murmur2.Partition(bytes, 12).Should().Be(ofTwelve);
    }
}
