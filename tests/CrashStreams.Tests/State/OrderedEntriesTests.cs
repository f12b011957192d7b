using System.Buffers.Binary;
using CrashStreams.Stores;

namespace CrashStreams.Tests.State;

/// <summary>The directory of leaves behind an ordered store.</summary>
public class OrderedEntriesTests
{
    [Theory]
    [InlineData(127)] // Between both halves of a leaf that is split for it.
    [InlineData(125)]
    [InlineData(129)]
    [InlineData(-1)]
    [InlineData(255)]
    public void A_key_is_found_wherever_it_falls_in_a_full_leaf(int key)
    {
        var entries = new OrderedEntries();
        for (var even = 0; even < 256; even += 2)
            entries.GetOrAdd(Bytes(even), out _);
        var added = entries.GetOrAdd(Bytes(key), out var existed);
        existed.Should().BeFalse();
        entries.Find(Bytes(key)).Should().BeSameAs(added);
        entries.GetOrAdd(Bytes(key), out existed).Should().BeSameAs(added);
        existed.Should().BeTrue();
        var at = entries.LowerBound(Bytes(key));
        entries.TryGet(ref at, out var first).Should().BeTrue();
        first.Should().BeSameAs(added);
    }

    private static byte[] Bytes(int key)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, key + 1_000);
        return bytes;
    }
}
