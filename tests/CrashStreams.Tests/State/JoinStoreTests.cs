using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>The stores of stream-stream joins and of foreign-key joins.</summary>
public class JoinStoreTests
{
    private const long RetentionMs = 200_000;

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    [InlineData(Backing.RocksDb)]
    public void A_join_window_holds_every_record_of_a_key_in_the_order_of_time_and_arrival(Backing backing)
    {
        for (var seed = 1UL; seed <= (backing == Backing.RocksDb ? 6UL : 60UL); seed++)
            Run(new(seed), backing);
    }

    [Fact]
    public void The_changelog_of_a_join_window_is_that_of_Kafka_Streams_and_w_is_a_header_where_it_is_not_the_time()
    {
        using var host = JoinHost(Backing.Memory);
        host.Store.Put("c", 17430, 17430, "a0");
        host.Commit();
        host.Store.Put("c", 17430, 20000, "a1");
        host.Commit();

        host.Changelog.Should().Equal("63000000000000441600000001 = 6130 @17430", "63000000000000441600000002 = 6131 @17430");
        host.Records[0].Headers.Should().BeNull();
        host.Records[1].Headers!.Last("w").Should().Equal(0, 0, 0, 0, 0, 0, 0x4e, 0x20);
        host.Restart(isCrash: true);
        Fetch(host.Store, "c", 0, 20_000).Should().Equal((17430, 17430, "a0"), (17430, 20000, "a1"));
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_record_of_the_same_key_and_time_as_one_of_an_earlier_life_does_not_take_its_place(Backing backing)
    {
        using var host = JoinHost(backing);
        host.Store.Put("k", 5, 5, "before");
        host.Commit();
        host.Restart(isCrash: false);

        host.Store.Put("k", 5, 5, "after");

        Fetch(host.Store, "k", 5, 5).Select(r => r.Item3).Should().Equal("before", "after");
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    [InlineData(Backing.RocksDb)]
    public void Unmatched_records_wait_in_the_order_of_time_side_and_key(Backing backing)
    {
        using var host = OuterHost(backing);
        host.Store.AddLeft("b", 20, 20, "l1");
        host.Store.AddRight("z", 20, 25, 1);
        host.Store.AddLeft("a", 20, 20, "l2");
        host.Store.AddLeft("c", 10, 12, "l3");
        host.Store.AddLeft("c", 10, 15, "l4");
        host.Store.FirstTimestamp(isLeft: true).Should().Be(10);
        host.Store.FirstTimestamp(isLeft: false).Should().Be(20);
        host.Commit();
        host.Restart(isCrash: true);
        host.Store.Evict(0);

        string[] expected = ["c@10/12 l3", "c@10/15 l4", "z@20/25 1", "a@20/20 l2", "b@20/20 l1"];
        Unmatched(host.Store).Should().Equal(expected);
        host.Store.Remove("c", 10, isLeft: true, 30, fromWatermark: 12, belowWatermark: 13).Should().Be(1);
        host.Store.Remove("a", 20, isLeft: true, 30).Should().BeTrue();
        host.Store.Remove("a", 20, isLeft: false, 30).Should().BeFalse();
        Unmatched(host.Store).Should().Equal("c@10/15 l4", "z@20/25 1", "b@20/20 l1");
        host.Commit();
        host.Restart(isCrash: true);
        Unmatched(host.Store).Should().Equal("c@10/15 l4", "z@20/25 1", "b@20/20 l1");
        foreach (var record in host.Store.InOrder())
            host.Store.Remove(record.Key, record.Timestamp, record.IsLeft, 30);
        host.Store.FirstTimestamp(isLeft: true).Should().Be(long.MaxValue);
        host.Store.FirstTimestamp(isLeft: false).Should().Be(long.MaxValue);
    }

    [Fact]
    public void The_changelog_of_unmatched_records_is_that_of_Kafka_Streams()
    {
        using var host = new StoreHost<OuterJoinStore<string, string, string>>(Backing.Memory, c => new("s", Serdes.String, Serdes.String, Serdes.String, c));
        host.Store.AddRight("c", 17430, 17430, "a0");
        host.Commit();
        host.Store.Remove("c", 17430, isLeft: false, 18489);
        host.Store.AddLeft("b", 19884, 19884, "c1");
        host.Commit();

        host.Changelog.Should().Equal(
            "00000000000044160063 = 010000000100000003006130 @17430", "00000000000044160063 = null @18489", "0000000000004dac0162 = 010000000100000003016331 @19884");
        host.Records.Should().OnlyContain(r => r.Headers == null);
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.RocksDb)]
    public void The_subscriptions_of_a_foreign_key_are_those_of_no_other(Backing backing)
    {
        using var host = new StoreHost<SubscriptionStore>(backing, c => new("s", c));
        host.Store.Put("z"u8, "c"u8, "1"u8, 2286);
        host.Store.Put("zz"u8, "c"u8, "2"u8, 3);
        host.Store.Put("z"u8, "a"u8, "3"u8, 4);
        host.Store.Put("z"u8, "b"u8, "4"u8, 5);
        host.Commit();
        host.Store.Delete("z"u8, "b"u8, 6);
        host.Store.Evict(0);

        var found = new List<string>();
        using (var cursor = host.Store.Of("z"u8))
        {
            while (cursor.MoveNext())
                found.Add($"{Serdes.String.Deserialize(cursor.Key)}{Serdes.String.Deserialize(cursor.Value)}@{cursor.Timestamp}");
        }

        found.Should().Equal("a3@4", "c1@2286");
        host.Changelog.Should().Contain("000000017a63 = 31 @2286");
        host.Store.TryGet("zz"u8, "c"u8, out var value, out var timestamp).Should().BeTrue();
        (Serdes.String.Deserialize(value), timestamp).Should().Be(("2", 3));
    }

    private static StoreHost<JoinWindowStore<string, string>> JoinHost(Backing backing) =>
        new(backing, context => new("s", Serdes.String, Serdes.String, RetentionMs, context));

    private static StoreHost<OuterJoinStore<string, string, long>> OuterHost(Backing backing) =>
        new(backing, context => new("s", Serdes.String, Serdes.String, Serdes.Int64, context));

    private static IEnumerable<string> Unmatched(OuterJoinStore<string, string, long> store) =>
        store.InOrder().Select(u => $"{u.Key}@{u.Timestamp}/{u.Watermark} {(u.IsLeft ? u.Left : u.Right)}").ToList();

    private static List<(long, long, string)> Fetch(JoinWindowStore<string, string> store, string key, long from, long through)
    {
        var found = new List<(long, long, string)>();
        using var cursor = store.Fetch(key, from, through);
        while (cursor.MoveNext())
            found.Add((cursor.Timestamp, cursor.Watermark, cursor.Value));
        return found;
    }

    private static void Run(SimulationRandom random, Backing backing)
    {
        using var host = JoinHost(backing);
        var model = new List<(string Key, long Time, long Watermark, string Value)>();
        var committed = new List<(string Key, long Time, long Watermark, string Value)>();
        var (now, expiredBefore) = (0L, 0L);
        for (var step = 0; step < 250; step++)
        {
            now += random.Below(3_000);
            var key = random.Pick(new[] { "a", "a\0", "ab" });
            var time = Math.Max(0, (now - random.Below(150_000)) / 2_000 * 2_000);
            switch (random.Below(8))
            {
                case 0 or 1 or 2:
                    if (time < expiredBefore)
                        break;
                    host.Store.Put(key, time, now, $"v{step}");
                    model.Add((key, time, now, $"v{step}"));
                    break;
                case 3:
                    host.Commit();
                    committed = [.. model];
                    host.Store.Evict(random.Pick(new long[] { 0, 1_000, 1_000_000 }));
                    break;
                case 4:
                    host.Store.Expire(now);
                    expiredBefore = Math.Max(expiredBefore, now - RetentionMs + 1);
                    break;
                case 5 when random.Chance(0.3):
                    host.Restart(random.Chance(0.5));
                    host.Store.Expire(now);
                    expiredBefore = Math.Max(expiredBefore, now - RetentionMs + 1);
                    model = [.. committed];
                    break;
                default:
                    Fetch(host.Store, key, time, time + 40_000).Should().Equal(
                        model.Where(m => m.Key == key && m.Time >= Math.Max(time, expiredBefore) && m.Time <= time + 40_000).OrderBy(m => m.Time).Select(m => (m.Time, m.Watermark, m.Value)));
                    break;
            }
        }
    }
}
