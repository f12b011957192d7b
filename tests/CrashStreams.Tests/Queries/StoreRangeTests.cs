using CrashStreams.Engine;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Queries;

/// <summary>What each kind of store answers about ranges of keys and times, forwards and backwards, compared with a list of all that is in it; in memory and over an engine, before and after a commit.</summary>
public sealed class StoreRangeTests
{
    private static readonly string[] _keys = ["", "a", "a\0", "ab", "abc", "b", "ba", "c\u00e9", "d"];
    private static readonly StreamsOptions _options = new() { ApplicationId = "app" };

    [Theory]
    [InlineData("tumbling", false)]
    [InlineData("tumbling", true)]
    [InlineData("sliding", false)]
    [InlineData("sliding", true)]
    [InlineData("daily", false)]
    [InlineData("daily", true)]
    public void Windows_are_found_by_key_and_start(string name, bool hasEngine)
    {
        using var driver = Run(hasEngine);
        var store = driver.WindowStore<string, long>(name);
        var all = store.All().ToList();
        all.Should().HaveCountGreaterThan(15);
        Rows(all).Should().Equal(Rows(all.OrderBy(static e => e.Key.Window.StartMs).ThenBy(static e => Bytes(e.Key.Key), StringComparer.Ordinal)));
        Rows(store.All(reversed: true)).Should().Equal(Rows(Enumerable.Reverse(all)));
        foreach (var (from, to) in Bounds(all.ConvertAll(static e => e.Key.Window.StartMs)))
        {
            var between = all.FindAll(e => e.Key.Window.StartMs >= from && e.Key.Window.StartMs <= to);
            Rows(store.FetchAll(from, to)).Should().Equal(Rows(between));
            Rows(store.FetchAll(from, to, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(between)));
            foreach (var key in _keys)
            {
                Rows(store.Fetch(key, from, to)).Should().Equal(Rows(between.Where(e => e.Key.Key == key)));
                Rows(store.Fetch(key, from, to, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(between).Where(e => e.Key.Key == key)));
                Rows(store.Range("ab", key, from, to)).Should().Equal(Rows(between.Where(e => IsBetween("ab", e.Key.Key, key))));
                Rows(store.Range("a", key, from, to, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(between).Where(e => IsBetween("a", e.Key.Key, key))));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sessions_are_found_by_key_and_time(bool hasEngine)
    {
        using var driver = Run(hasEngine);
        var store = driver.SessionStore<string, long>("sessions");
        var all = store.All().ToList();
        all.Should().HaveCountGreaterThan(20);
        Rows(store.All(reversed: true)).Should().Equal(Rows(Enumerable.Reverse(all)));
        foreach (var (from, to) in Bounds(all.ConvertAll(static e => e.Key.Window.EndMs)))
        {
            foreach (var key in _keys)
            {
                var found = all.FindAll(e => e.Key.Key == key && e.Key.Window.EndMs >= from && e.Key.Window.StartMs <= to);
                Rows(store.Find(key, from, to)).Should().Equal(Rows(found));
                Rows(store.Find(key, from, to, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(found)));
                Rows(store.Fetch(key, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(all).Where(e => e.Key.Key == key)));
                var range = all.FindAll(e => IsBetween("ab", e.Key.Key, key) && e.Key.Window.EndMs >= from && e.Key.Window.StartMs <= to);
                Rows(store.Range("ab", key, from, to)).Should().Equal(Rows(range));
                Rows(store.Range("ab", key, from, to, reversed: true)).Should().Equal(Rows(Enumerable.Reverse(range)));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Latest_versions_are_found_by_key(bool hasEngine)
    {
        using var driver = Run(hasEngine);
        var store = driver.VersionedStore<string, string>("history");
        var all = store.All().ToList();
        all.Select(static e => e.Key).Should().Equal(_keys);
        foreach (var from in _keys)
        {
            foreach (var to in _keys)
                Rows(store.Range(from, to)).Should().Equal(Rows(all.Where(e => IsBetween(from, e.Key, to))));
        }
    }

    [Fact]
    public void A_running_application_answers_the_same()
    {
        using var driver = Run(hasEngine: false);
        var views = Views(driver);
        var (windows, sessions, history, global, counts) = (
            driver.WindowStore<string, long>("tumbling"), driver.SessionStore<string, long>("sessions"), driver.VersionedStore<string, string>("history"),
            views.KeyValue<string, string>("names"), driver.KeyValueStore<string, long>("counts"));
        var (windowView, sessionView, versionView, countView) = (views.Window<string, long>("tumbling"), views.Session<string, long>("sessions"), views.Versioned<string, string>("history"), views.KeyValue<string, long>("counts"));
        var (from, to) = Bounds(windows.All().Select(static e => e.Key.Window.StartMs).ToList()).Skip(1).First();

        Rows(Ask(driver, () => windowView.FetchAsync("ab", 0, to, reversed: true))).Should().Equal(Rows(windows.Fetch("ab", 0, to, reversed: true))).And.NotBeEmpty();
        Rows(Ask(driver, () => windowView.FetchAllAsync(from, to))).Should().Equal(Rows(windows.FetchAll(from, to))).And.NotBeEmpty();
        Rows(Ask(driver, () => windowView.RangeAsync("a", "b", from, to, reversed: true))).Should().Equal(Rows(windows.Range("a", "b", from, to, reversed: true))).And.NotBeEmpty();
        Rows(Ask(driver, () => windowView.AllAsync(reversed: true))).Should().Equal(Rows(windows.All(reversed: true)));
        Rows(Ask(driver, () => views.Window<string, long>("sliding").AllAsync())).Should().Equal(Rows(driver.WindowStore<string, long>("sliding").All()));
        var session = sessions.Fetch("ab").First();
        Ask(driver, () => sessionView.GetAsync("ab", session.Key.Window)).Should().Be(session);
        Ask(driver, () => sessionView.GetAsync("ab", new(1, 2))).Should().BeNull();
        Rows(Ask(driver, () => sessionView.FetchAsync("ab", reversed: true))).Should().Equal(Rows(sessions.Fetch("ab", reversed: true))).And.NotBeEmpty();
        Rows(Ask(driver, () => sessionView.FindAsync("ab", from, to, reversed: true))).Should().Equal(Rows(sessions.Find("ab", from, to, reversed: true)));
        Rows(Ask(driver, () => sessionView.RangeAsync("a", "b", reversed: true))).Should().Equal(Rows(sessions.Range("a", "b", reversed: true))).And.NotBeEmpty();
        Rows(Ask(driver, () => versionView.RangeAsync("a", "b"))).Should().Equal(Rows(history.Range("a", "b"))).And.NotBeEmpty();
        Rows(Ask(driver, () => versionView.AllAsync())).Should().Equal(Rows(history.All()));
        Rows(Ask(driver, () => countView.PrefixAsync("a", Serdes.String, reversed: true))).Should().Equal(Rows(counts.Prefix("a", Serdes.String, reversed: true))).And.NotBeEmpty();
        Rows(Ask(driver, () => countView.RangeAsync("a", "b", reversed: true))).Should().Equal(Rows(counts.Range("a", "b", reversed: true))).And.NotBeEmpty();
        Ask(driver, () => global.GetAsync("ab")).Should().Be(KeyValuePair.Create("ab", "AB"));
        Ask(driver, () => global.PrefixAsync("ab", Serdes.String)).Select(static e => e.Value).Should().Equal("AB", "ABC");
        views.Invoking(static v => v.KeyValue<string, long>("names")).Should().Throw<ArgumentException>().WithMessage("Store 'names' is no key-value store of String and Int64*");
    }

    // Of a list of times: nothing, all, the middle, one, and what is no range.
    private static IEnumerable<(long From, long To)> Bounds(List<long> times) =>
        [(long.MinValue, long.MaxValue), (times[times.Count / 4], times[times.Count * 3 / 4]), (times[^1], times[^1]), (times[^1] + 1, long.MaxValue), (times[^1], times[0] - 1), (0, times[times.Count / 2] - 1)];

    // Assertions about lists, not about dictionaries: what is compared has an order.
    private static List<(TKey, TValue)> Rows<TKey, TValue>(IEnumerable<KeyValuePair<TKey, TValue>> entries) => [.. entries.Select(static e => (e.Key, e.Value))];

    private static string Bytes(string key) => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(key));

    private static bool IsBetween(string from, string key, string to) => string.CompareOrdinal(Bytes(from), Bytes(key)) <= 0 && string.CompareOrdinal(Bytes(key), Bytes(to)) <= 0;

    private static TopologyTestDriver Run(bool hasEngine)
    {
        var driver = new TopologyTestDriver(Build(), _options with { State = new() { Storage = hasEngine ? new MemoryStateStorage() : null } });
        foreach (var key in _keys)
            driver.Input<string, string>("names").Pipe(key, key.ToUpperInvariant(), 1);
        var (input, random) = (driver.Input<string, string>("in"), new Random(7));
        // Several segments of each store; what was committed, and what was not.
        for (var i = 0; i < 120; i++)
            input.Pipe(_keys[i % _keys.Length], "x", 3_600_000 + (i * 4_000L) + random.Next(8_000));
        driver.AdvanceWallClock(TimeSpan.FromMinutes(1));
        for (var i = 120; i < 150; i++)
            input.Pipe(_keys[i % _keys.Length], "x", 3_600_000 + (i * 4_000L) + random.Next(8_000));
        return driver;
    }

    private static Topology Build()
    {
        var builder = new StreamsBuilder();
        builder.GlobalTable<string, string>("names", materialized: "names");
        var stream = builder.Stream<string, string>("in");
        var grouped = stream.GroupByKey();
        var keep = TimeSpan.FromMinutes(5);
        grouped.Count("counts");
        grouped.WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1))).Count(new Materialized<string, long> { Name = "tumbling", Retention = keep });
        grouped.WindowedBy(SlidingWindows.OfTimeDifferenceAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1))).Count(new Materialized<string, long> { Name = "sliding", Retention = keep });
        grouped.WindowedBy(CalendarWindows.Days(TimeZoneInfo.CreateCustomTimeZone("ahead", TimeSpan.FromHours(-1), null, null), new(0, 5))).Count("daily");
        grouped.WindowedBy(SessionWindows.OfInactivityGapAndGrace(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1))).Count(new Materialized<string, long> { Name = "sessions", Retention = keep });
        stream.ToTable(new() { Name = "history", HistoryRetention = keep });
        return builder.Build();
    }

    private static StoreViews Views(TopologyTestDriver driver)
    {
        var topology = Build();
        using var admin = new MemoryLogClients(driver.Log).CreateAdmin("");
        var topics = InternalTopics.PrepareAsync(topology, _options, admin, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        return new(topology, _options, topics, () => [driver.Thread]);
    }

    private static T Ask<T>(TopologyTestDriver driver, Func<Task<T>> question)
    {
        var asked = question();
        driver.Thread.RunOnce();
        return asked.WaitAsync(TimeSpan.FromMinutes(2)).GetAwaiter().GetResult();
    }
}
