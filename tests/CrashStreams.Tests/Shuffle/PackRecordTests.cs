using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Testing.Simulation;
using CrashStreams.Time;

namespace CrashStreams.Tests.Shuffle;

/// <summary>The bytes of records that travel together.</summary>
public sealed class PackRecordTests
{
    /// <summary>Two entries: key, value and time; then a tombstone 3 ms earlier that takes a time along.</summary>
    [Fact]
    public void The_layout_is_fixed()
    {
        var pack = new Pack(7);
        pack.Add(new LogRecord { Key = "k"u8, HasKey = true, Value = "vw"u8, HasValue = true, Timestamp = 1000 }, null);
        pack.Add(new LogRecord { Key = "k"u8, HasKey = true, Timestamp = 997 }, ReadAt.Encode(1000, null));
        var record = pack.ToRecord(pack.Time);
        Convert.ToHexStringLower(record.Value).Should().Be("03" + "d00f" + "016b" + "027677" + "05" + "05" + "016b" + "08" + "00000000000003e8");
        record.HasKey.Should().BeFalse();
        record.Timestamp.Should().Be(1000, "the highest of its entries");
        record.Headers!.Select(static h => $"{h.Key} {Convert.ToHexString(h.Value!)}").Should().Equal("cs-pack 01");
    }

    [Fact]
    public void What_was_packed_is_read()
    {
        for (var seed = 1UL; seed <= 2_000; seed++)
        {
            var written = Entries(new(seed));
            var record = Packed(written).ToRecord(0);
            PackRecord.IsWhole(in record).Should().BeTrue();
            var read = new List<string>();
            for (var reader = new PackReader(in record); reader.TryReadNext(out var entry);)
            {
                read.Add(new Entry(entry.HasKey ? entry.Key.ToArray() : null, entry.HasValue ? entry.Value.ToArray() : null, entry.Timestamp, entry.Headers?.Last(ReadAt.Header)).ToString());
                entry.Entry.Should().Be(read.Count == written.Count ? 0 : read.Count, "the last one is the end of the pack");
            }

            read.Should().Equal(written.Select(static e => e.ToString()), "seed {0}", seed);
        }
    }

    [Fact]
    public void Damaged_bytes_are_no_pack_or_another_one()
    {
        for (var seed = 1UL; seed <= 2_000; seed++)
        {
            var random = new SimulationRandom(seed);
            var bytes = Packed(Entries(random)).ToRecord(0).Value.ToArray();
            var cut = random.Between(0, bytes.Length - 1);
            foreach (var damaged in new[] { bytes[..cut], Flipped(bytes, cut, 1 << random.Between(0, 7)) })
            {
                var record = new LogRecord { Value = damaged, HasValue = true, Headers = PackRecord.Headers };
                var isWhole = PackRecord.IsWhole(in record);
                var reader = new PackReader(in record);
                while (reader.TryReadNext(out _))
                {
                }

                if (isWhole && !reader.IsAtEnd)
                    Assert.Fail($"seed {seed}: a pack that can be read is not read to its end");
            }
        }
    }

    [Theory]
    [InlineData("02")]
    [InlineData("")]
    [InlineData("0101")]
    public void A_pack_of_another_version_is_none(string version)
    {
        var record = new LogRecord { Value = Packed(Entries(new(1))).ToRecord(0).Value, HasValue = true, Headers = new Headers().Add(PackRecord.Header, Convert.FromHexString(version)) };
        PackRecord.IsIn(record.Headers!).Should().BeTrue("it must not be taken for a record of its own");
        PackRecord.IsWhole(in record).Should().BeFalse();
    }

    private static byte[] Flipped(byte[] bytes, int at, int bit)
    {
        var copy = bytes.ToArray();
        copy[at] ^= (byte)bit;
        return copy;
    }

    private static Pack Packed(List<Entry> entries)
    {
        var pack = new Pack(0);
        foreach (var (key, value, time, readAt) in entries)
            pack.Add(new LogRecord { Key = key, HasKey = key is not null, Value = value, HasValue = value is not null, Timestamp = time }, readAt);
        return pack;
    }

    private static List<Entry> Entries(SimulationRandom random) => Enumerable.Range(0, random.Between(1, 30)).Select(_ => new Entry(
        Bytes(random), Bytes(random), random.Pick([0, 1, 1767225599161, long.MaxValue, random.Between(0, 1_000_000)]), random.Chance(0.3) ? ReadAt.Encode(random.Between(0, 100), new("in", 3, 17)) : null)).ToList();

    private static byte[]? Bytes(SimulationRandom random)
    {
        if (random.Chance(0.2))
            return null;
        var bytes = new byte[random.Pick([0, 1, 5, 127, 128, 300])];
        new Random(random.Between(0, int.MaxValue)).NextBytes(bytes);
        return bytes;
    }

    private sealed record Entry(byte[]? Key, byte[]? Value, long Time, byte[]? ReadAt)
    {
        public override string ToString() => $"{Text(Key)} = {Text(Value)} @{Time} {Text(ReadAt)}";

        private static string Text(byte[]? bytes) => bytes is null ? "-" : Convert.ToHexStringLower(bytes);
    }
}
