using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>Compacted segments that a crash left beside those that they were to replace, and that are damaged.</summary>
public class DamagedSwapTests
{
    private const string Swap = "t/00000000000000000000-00000000000000000010.swap";

    private readonly MemoryStorage _storage = new();
    private readonly List<LogDamage> _losses = [];

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(1000)]
    public void A_damaged_compacted_segment_replaces_nothing(int bytes)
    {
        Fill();
        using (var swap = _storage.Open(Swap, create: true))
            swap.Write(0, new byte[bytes]);

        Consume(Open()).Should().HaveCount(20);

        _losses.Should().ContainSingle().Which.File.Should().Be(Swap + ".damaged");
        Consume(Open()).Should().HaveCount(20);
        _losses.Should().ContainSingle("it is reported once");
    }

    [Fact]
    public void A_compacted_segment_that_ends_too_early_replaces_nothing()
    {
        Fill();
        using (var swap = _storage.Open(Swap, create: true))
            swap.Write(0, Of("k=new"));
        Consume(Open()).Should().HaveCount(20);
        _losses.Should().ContainSingle();
    }

    private void Fill()
    {
        var log = Open();
        for (var i = 0; i < 20; i++)
        {
            if (i is 5 or 10)
                log.Roll();
            log.Append(Of($"k={i}"), AtNow);
        }
        log.Close();
        _losses.Clear(); // the new log's directory was empty
    }

    private PartitionLog Open() => PartitionLog.Open(_storage, "t", LogConfig.Default, _losses.Add);
}
