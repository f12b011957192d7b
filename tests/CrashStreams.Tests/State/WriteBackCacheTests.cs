using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;
using CrashStreams.Testing;
using CrashStreams.Time;

namespace CrashStreams.Tests.State;

/// <summary>Stores over an engine behave like a sorted dictionary, whatever is in the cache, in the engine or in both, and leave what the changelog says.</summary>
public class WriteBackCacheTests
{
    private static readonly long[] _budgets = [0, 300, 1_000_000];

    [Fact]
    public void A_key_value_store_is_a_sorted_dictionary()
    {
        for (var seed = 1UL; seed <= 60; seed++)
            KeyValueRun(new(seed));
    }

    [Fact]
    public void A_window_store_is_a_sorted_dictionary_of_windows()
    {
        for (var seed = 1UL; seed <= 60; seed++)
            WindowRun(new(seed));
    }

    [Fact]
    public void An_iteration_shows_the_changes_that_lie_ahead_of_it()
    {
        var disk = new Disk();
        var store = disk.KeyValueStore(isTimestamped: true);
        foreach (var key in new[] { "a", "b", "c", "d" })
            store.Put(key, "1", true, 0);
        disk.Commit(store);
        store.Put("c", "2", true, 0);

        using var all = store.All().GetEnumerator();
        all.MoveNext().Should().BeTrue();
        store.Put("b", "3", true, 0);
        store.Delete("c");
        disk.Commit(store);
        var rest = new List<string>();
        while (all.MoveNext())
            rest.Add(all.Current.Key + all.Current.Value);

        rest.Should().Equal("b3", "d1");
    }

    [Theory]
    [InlineData(true, "00000000000000077631")]
    [InlineData(false, "7631")]
    public void The_layout_of_a_key_value_store_is_that_of_Kafka_Streams(bool isTimestamped, string value)
    {
        var disk = new Disk();
        var store = disk.KeyValueStore(isTimestamped);
        store.Put("k", "v1", true, 7);
        disk.Commit(store);
        disk.Content().Should().Equal($"{Hex("k"u8)}={value}");
    }

    [Fact]
    public void The_layout_of_a_window_store_is_that_of_time_ordered_stores_of_Kafka_Streams()
    {
        var disk = new Disk();
        var store = disk.WindowStore();
        store.Put("k", 10_000, "v", 10_007);
        disk.Commit(store);
        disk.Content().Should().Equal($"00{10_000L:X16}{Hex("k"u8)}00000000={10_007L:X16}{Hex("v"u8)}");
    }

    [Fact]
    public void Changed_entries_go_to_the_changelog_in_the_order_of_their_keys_and_once()
    {
        var disk = new Disk();
        var store = disk.KeyValueStore(isTimestamped: true);
        foreach (var key in new[] { "c", "a", "bb", "b", "a" })
            store.Put(key, "1", true, 0);
        disk.Commit(store);
        disk.Logged.Should().Equal("a", "b", "bb", "c");
    }

    private static void KeyValueRun(SimulationRandom random)
    {
        var (disk, model) = (new Disk(), new SortedDictionary<string, string>(StringComparer.Ordinal));
        var store = disk.KeyValueStore(random.Chance(0.5));
        var budget = random.Pick(_budgets);
        for (var step = 0; step < 300; step++)
        {
            var key = $"k{random.Below(30)}";
            switch (random.Below(8))
            {
                case 0 or 1 or 2:
                    store.Put(key, model[key] = $"v{step}", true, step);
                    break;
                case 3:
                    store.Delete(key).Should().Be(model.Remove(key));
                    break;
                case 4:
                    var to = $"k{random.Below(30)}";
                    store.Range(key, to).Should().Equal(model.Where(m => string.CompareOrdinal(m.Key, key) >= 0 && string.CompareOrdinal(m.Key, to) <= 0));
                    break;
                case 5:
                    disk.Commit(store);
                    store.Evict(budget);
                    store.CachedBytes.Should().BeLessThanOrEqualTo(budget);
                    break;
                case 6:
                    store.Evict(budget);
                    break;
                default:
                    store.TryGet(key, out var value).Should().Be(model.TryGetValue(key, out var expected));
                    value.Should().Be(expected);
                    break;
            }
        }

        store.All().Should().Equal(model);
        disk.Commit(store);
        store.Evict(0);
        store.All().Should().Equal(model);
        store.Count.Should().Be(model.Count);
        disk.Changelog.Should().BeEquivalentTo(model);
    }

    private static void WindowRun(SimulationRandom random)
    {
        var (disk, model) = (new Disk(), new SortedDictionary<(long Start, string Key), string>());
        var store = disk.WindowStore();
        var budget = random.Pick(_budgets);
        var now = 0L;
        for (var step = 0; step < 300; step++)
        {
            now += random.Below(300);
            var (key, start) = ($"k{random.Below(6)}", Math.Max(0, now / 1000 - random.Below(4)) * 1000);
            switch (random.Below(6))
            {
                case 0 or 1:
                    store.Put(key, start, model[(start, key)] = $"v{step}", start + 1);
                    break;
                case 2:
                    store.Fetch(key, start, start + 2000).Select(e => (e.Key.Window.StartMs, e.Value.Value))
                        .Should().Equal(model.Where(m => m.Key.Key == key && m.Key.Start >= start && m.Key.Start <= start + 2000).Select(m => (m.Key.Start, m.Value)));
                    break;
                case 3:
                    disk.Commit(store);
                    store.Evict(budget);
                    store.CachedBytes.Should().BeLessThanOrEqualTo(budget);
                    break;
                case 4:
                    store.Expire(now);
                    foreach (var expired in model.Keys.Where(m => m.Start <= now - Disk.RetentionMs).ToList())
                        model.Remove(expired);
                    break;
                default:
                    store.TryGet(key, start, out var value).Should().Be(model.TryGetValue((start, key), out var expected));
                    value.Value.Should().Be(expected);
                    break;
            }

            if (step % 50 == 49)
                All(store).Should().Equal(model.Select(m => (m.Key.Start, m.Key.Key, m.Value)));
        }

        disk.Commit(store);
        var reopened = disk.Reopened();
        All(reopened).Should().Equal(model.Select(m => (m.Key.Start, m.Key.Key, m.Value)));
    }

    private static IEnumerable<(long, string, string)> All(WindowStore<string, string> store) => store.All().Select(e => (e.Key.Window.StartMs, e.Key.Key, e.Value.Value));

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);

    /// <summary>A store's surroundings: an engine, a changelog, and commits that succeed.</summary>
    private sealed class Disk : IChangelogWriter
    {
        public const long RetentionMs = 5_000;

        private readonly MemoryStateStorage _storage = new();
        private readonly StoreContext _context = new("changelog", new TaskClock(StreamTime.Watermarks, TimeProvider.System));
        private readonly List<IStateStore> _stores = [];

        public Disk() => _storage.TryLock("app", "0_0");

        public List<string> Logged { get; } = [];

        public Dictionary<string, string> Changelog { get; } = [];

        public KeyValueStore<string, string> KeyValueStore(bool isTimestamped) =>
            Open(KeyValueStore<string, string>.Create("s", Serdes.String, Serdes.String, isTimestamped, _context));

        public WindowStore<string, string> WindowStore() =>
            Open(WindowStore<string, string>.Create("s", Serdes.String, Serdes.String, new WindowLength(1_000), RetentionMs, _context));

        public WindowStore<string, string> Reopened()
        {
            _stores[^1].Engine!.Dispose();
            return WindowStore();
        }

        public void Commit(IStateStore store)
        {
            store.Flush(this);
            store.Engine!.Write(0, 0);
        }

        public IEnumerable<string> Content()
        {
            using var scan = _stores[^1].Engine!.Scan([], []);
            var content = new List<string>();
            while (scan.MoveNext())
                content.Add($"{Hex(scan.Key)}={Hex(scan.Value)}");
            return content;
        }

        bool IChangelogWriter.Append(IStateStore store, in LogRecord record)
        {
            var key = System.Text.Encoding.Latin1.GetString(record.Key);
            Logged.Add(key);
            if (record.HasValue)
                Changelog[key] = Serdes.String.Deserialize(record.Value);
            else
                Changelog.Remove(key);
            return true;
        }

        void IChangelogWriter.Refuse(IStateStore store, Exception exception) => throw exception;

        private T Open<T>(T store)
            where T : IStateStore
        {
            store.Attach(new(_storage.Open("app", "0_0", "s"), "s", store.Kind!));
            store.Restored();
            _stores.Add(store);
            return store;
        }
    }
}
