using System.Buffers;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>A key-value store is a sorted dictionary in both directions, whether it keeps objects or bytes.</summary>
public class KeyValueStoreTests
{
    [Theory]
    [InlineData(Backing.Memory, false)]
    [InlineData(Backing.Memory, true)]
    [InlineData(Backing.Engine, false)]
    [InlineData(Backing.Engine, true)]
    [InlineData(Backing.RocksDb, false)]
    public void A_key_value_store_is_a_sorted_dictionary_in_both_directions(Backing backing, bool keepsBytes)
    {
        for (var seed = 1UL; seed <= (backing == Backing.RocksDb ? 6UL : 60UL); seed++)
            Run(new(seed), backing, keepsBytes);
    }

    [Theory]
    [InlineData(Backing.Memory)]
    [InlineData(Backing.Engine)]
    public void A_range_serializes_what_it_returns_and_not_the_whole_store(Backing backing)
    {
        var keys = new CountedKeys();
        using var host = new StoreHost<KeyValueStore<string, string>>(backing, c => KeyValueStore<string, string>.Create("s", keys, Serdes.String, isTimestamped: false, c));
        for (var i = 0; i < 5_000; i++)
            host.Store.Put($"k{i:0000}", "v", true, i);
        host.Store.Range("k0000", "k0001").Should().HaveCount(2);

        keys.Reset();
        for (var i = 0; i < 100; i++)
        {
            host.Store.Put($"k{i:0000}", "w", true, i);
            host.Store.Range($"k{i:0000}", $"k{i + 4:0000}").Should().HaveCount(5);
            host.Store.All(reversed: true).First().Key.Should().Be("k4999");
        }

        (keys.Written + keys.Read).Should().BeLessThan(2_000);
    }

    [Fact]
    public void Stores_of_processors_are_found_by_name_and_survive_a_restart()
    {
        var builder = new StreamsBuilder();
        builder.AddWindowStore<string, long>("windows", TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1))
            .AddSessionStore<string, long>("sessions", TimeSpan.FromMinutes(5))
            .AddVersionedStore<string, string>("versions", TimeSpan.FromMinutes(1));
        builder.Stream<string, string>("in").Process<string, string>(static () => new Writes(), ["windows", "sessions", "versions"]).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.Input<string, string>("in");
        input.Pipe("ann", "a", 1_000);
        input.Pipe("ann", "b", 2_000);
        driver.Restart(isCrash: true);
        input.Pipe("ann", "c", 12_000);

        driver.WindowStore<string, long>("windows").Fetch("ann", 0, 20_000).Select(w => (w.Key.Window.StartMs, w.Value.Value)).Should().Equal((0, 2), (10_000, 1));
        driver.SessionStore<string, long>("sessions").Fetch("ann").Select(s => (s.Key.Window, s.Value)).Should().Equal((new Window(1_000, 12_000), 3L));
        var versions = driver.VersionedStore<string, string>("versions");
        versions.TryGetAsOf("ann", 1_500, out var version).Should().BeTrue();
        (version.Value, version.Timestamp).Should().Be(("a", 1_000));
        versions.Versions("ann", 0, long.MaxValue).Select(v => v.Value).Should().Equal("c", "b", "a");
    }

    private static void Run(SimulationRandom random, Backing backing, bool keepsBytes)
    {
        Serde<string> keySerde = keepsBytes ? new CountedKeys() : Serdes.String;
        var isTimestamped = random.Chance(0.5);
        using var host = new StoreHost<KeyValueStore<string, string>>(backing, c => KeyValueStore<string, string>.Create("s", keySerde, Serdes.String, isTimestamped, c));
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var committed = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var step = 0; step < 300; step++)
        {
            var key = $"k{random.Below(30)}";
            switch (random.Below(9))
            {
                case 0 or 1 or 2:
                    host.Store.Put(key, model[key] = $"v{step}", true, step);
                    break;
                case 3:
                    host.Store.Delete(key).Should().Be(model.Remove(key));
                    break;
                case 4:
                    var to = $"k{random.Below(30)}";
                    var between = model.Where(m => string.CompareOrdinal(m.Key, key) >= 0 && string.CompareOrdinal(m.Key, to) <= 0).ToList();
                    host.Store.Range(key, to).Should().Equal(between);
                    host.Store.Range(key, to, reversed: true).Should().Equal(between.AsEnumerable().Reverse());
                    break;
                case 5:
                    host.Store.Prefix(key[..2], Serdes.String).Should().Equal(model.Where(m => m.Key.StartsWith(key[..2], StringComparison.Ordinal)));
                    host.Store.All(reversed: true).Should().Equal(model.Reverse());
                    break;
                case 6:
                    host.Commit();
                    committed = new(model, StringComparer.Ordinal);
                    host.Store.Evict(random.Pick(new long[] { 0, 300, 1_000_000 }));
                    break;
                case 7 when random.Chance(0.3):
                    host.Restart(random.Chance(0.5));
                    model = new(committed, StringComparer.Ordinal);
                    break;
                default:
                    host.Store.TryGet(key, out var value).Should().Be(model.TryGetValue(key, out var expected));
                    value.Should().Be(expected);
                    break;
            }
        }

        host.Store.All().Should().Equal(model);
    }

    /// <summary>Text by a serde of which nothing is known.</summary>
    private sealed class CountedKeys : Serde<string>
    {
        public int Written { get; private set; }

        public int Read { get; private set; }

        public void Reset() => (Written, Read) = (0, 0);

        public override string Deserialize(ReadOnlySpan<byte> data)
        {
            Read++;
            return Serdes.String.Deserialize(data);
        }

        public override void Serialize(string value, IBufferWriter<byte> output)
        {
            Written++;
            Serdes.String.Serialize(value, output);
        }
    }

    private sealed class Writes : Processor<string, string, string, string>
    {
        private IWindowStore<string, long> _windows = null!;
        private ISessionStore<string, long> _sessions = null!;
        private IVersionedStore<string, string> _versions = null!;

        protected override void Init()
        {
            _windows = Context.WindowStore<string, long>("windows");
            _sessions = Context.SessionStore<string, long>("sessions");
            _versions = Context.VersionedStore<string, string>("versions");
        }

        public override void Process(in Record<string, string> record)
        {
            var start = record.Timestamp / 10_000 * 10_000;
            _windows.TryGet(record.Key, start, out var count);
            _windows.Put(record.Key, start, count.Value + 1, record.Timestamp);
            var session = new Window(record.Timestamp, record.Timestamp);
            var records = 1L;
            foreach (var (found, value) in _sessions.Find(record.Key, record.Timestamp - 60_000, record.Timestamp))
            {
                session = new(Math.Min(session.StartMs, found.Window.StartMs), session.EndMs);
                records += value;
                _sessions.Remove(record.Key, found.Window);
            }

            _sessions.Put(record.Key, session, records);
            _versions.Put(record.Key, record.Value, record.Timestamp);
        }
    }
}
