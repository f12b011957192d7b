using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>Buffers give their records back in order, each once, also after a restart.</summary>
public class BufferTests
{
    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    [InlineData(Backing.RocksDb)]
    public void An_ordered_input_gives_its_records_in_the_order_of_w_time_and_position(Backing backing)
    {
        for (var seed = 1UL; seed <= (backing == Backing.RocksDb ? 6UL : 60UL); seed++)
            Run(new(seed), backing);
    }

    [Fact]
    public void What_comes_and_goes_between_two_commits_is_written_nowhere()
    {
        using var host = OrderedHost(Backing.Memory);
        for (var i = 0; i < 100; i++)
        {
            host.Store.Put(i, new("k", "v", i), new("in", 0, i), isUnordered: false, isDirect: true, mayRepeat: false);
            host.Store.TryTake(i + 1, keeps: false, out _, out _, out _).Should().BeTrue();
        }

        host.Commit();

        host.Records.Should().BeEmpty();
        host.Store.FirstWatermark.Should().Be(long.MaxValue);
    }

    [Fact]
    public void A_record_comes_back_as_it_was_also_without_key_or_value_and_with_headers()
    {
        using var host = OrderedHost(Backing.Engine);
        host.Store.Put(9, new("k", "v", 5, new Headers().Add("a", "b").Add("n", (byte[]?)null)), new("left", 2, 3), isUnordered: false, isDirect: true, mayRepeat: false);
        host.Store.Put(9, new(null!, null!, 6), new("right", 2, 4), isUnordered: false, isDirect: true, mayRepeat: false);
        host.Store.Put(9, new("result", "r", 5), null, isUnordered: false, isDirect: false, mayRepeat: false);
        host.Commit();
        host.Restart(isCrash: true);

        host.Store.TryTake(9, keeps: false, out _, out _, out _).Should().BeFalse();
        host.Store.TryTake(10, keeps: false, out var watermark, out var source, out var record).Should().BeTrue();
        (watermark, source, record.Key, record.Value, record.Timestamp).Should().Be((9, (SourcePosition?)null, "result", "r", 5));
        host.Store.TryTake(10, keeps: false, out watermark, out source, out record).Should().BeTrue();
        (watermark, source, record.Key, record.Value, record.Timestamp).Should().Be((9, new SourcePosition("left", 2, 3), "k", "v", 5));
        record.Headers!.Select(h => h.Key).Should().Equal("a", "n");
        host.Store.TryTake(10, keeps: false, out _, out source, out record).Should().BeTrue();
        (record.HasKey, record.HasValue, record.Headers, source!.Value.Topic).Should().Be((false, false, null, "right"));
    }

    [Fact]
    public void The_changelog_of_a_grace_buffer_is_that_of_Kafka_Streams()
    {
        using var host = GraceHost(Backing.Memory);
        host.Store.Put(new("c", "d0", 4067), "in", 0, 0);
        host.Commit();
        host.Store.Put(new("a", "a1", 2996), "in", 0, 1);
        host.Commit();
        host.Store.TryTake(2995, out _, out _).Should().BeFalse();
        host.Store.TryTake(2996, out var record, out var context).Should().BeTrue();
        host.Commit();

        (record.Key, record.Value, record.Timestamp, context.Offset, context.Topic).Should().Be(("a", "a1", 2996, 1, "in"));
        host.Changelog.Should().Equal(
            "000000000000000fe36300000001 = 0000000000000fe3000000000000000000000002696e0000000000000000ffffffffffffffff0000000264300000000000000000 @null",
            "000000000000000bb46100000002 = 0000000000000bb4000000000000000100000002696e0000000000000000ffffffffffffffff0000000261310000000000000000 @null",
            "000000000000000bb46100000002 = null @null");
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_grace_buffer_gives_its_records_in_the_order_of_time_key_and_arrival_also_after_a_restart(Backing backing)
    {
        using var host = GraceHost(backing);
        host.Store.Put(new("b", "1", 10), "in", 0, 0);
        host.Store.Put(new("a", "2", 10), "in", 0, 1);
        host.Store.Put(new("a", "3", 10), "in", 0, 2);
        host.Store.Put(new("z", null!, 5), "in", 0, 3);
        host.Commit();
        host.Restart(isCrash: true);
        host.Store.Put(new("a", "4", 10), "in", 0, 4);

        var taken = new List<string>();
        while (host.Store.TryTake(10, out var record, out _))
            taken.Add(record.Key + record.Value);
        taken.Should().Equal("z", "a2", "a3", "a4", "b1");
        host.Store.FirstTimestamp.Should().Be(long.MaxValue);
    }

    private static StoreHost<InputOrder<string, string>> OrderedHost(Backing backing) => new(backing, c => new("s", Serdes.String, Serdes.String, c));

    private static StoreHost<GraceBuffer<string, string>> GraceHost(Backing backing) => new(backing, c => new("s", Serdes.String, Serdes.String, c));

    private static void Run(SimulationRandom random, Backing backing)
    {
        using var host = OrderedHost(backing);
        var model = new SortedDictionary<(long, long, string, int, long), string>();
        var committed = new SortedDictionary<(long, long, string, int, long), string>();
        var offset = 0L;
        for (var step = 0; step < 300; step++)
        {
            var watermark = (step * 10) + random.Below(200);
            switch (random.Below(8))
            {
                case 0 or 1 or 2 or 3:
                    var (time, source) = (Math.Max(0L, watermark - random.Below(50)), new SourcePosition($"in{random.Below(2)}", random.Below(3), offset++));
                    host.Store.Put(watermark, new($"k{step}", $"v{step}", time), source, isUnordered: false, isDirect: true, mayRepeat: false);
                    model.Add((watermark, time, source.Topic, source.Partition, source.Offset), $"v{step}");
                    break;
                case 4:
                    host.Commit();
                    committed = new(model);
                    host.Store.Evict(random.Pick(new long[] { 0, 1_000, 1_000_000 }));
                    break;
                case 5 when random.Chance(0.3):
                    host.Restart(random.Chance(0.5));
                    model = new(committed);
                    break;
                default:
                    host.Store.FirstWatermark.Should().Be(model.Count == 0 ? long.MaxValue : model.First().Key.Item1);
                    for (var taken = 0; taken < 5; taken++)
                    {
                        var isDue = model.Count > 0 && model.First().Key.Item1 < step * 10;
                        host.Store.TryTake(step * 10, keeps: false, out _, out _, out var record).Should().Be(isDue);
                        if (!isDue)
                            break;
                        record.Value.Should().Be(model.First().Value);
                        model.Remove(model.First().Key);
                    }

                    break;
            }
        }
    }
}
