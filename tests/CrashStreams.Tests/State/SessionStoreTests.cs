using CrashStreams.Stores;
using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.State;

/// <summary>A session store is a dictionary of sessions, whatever is below it, with Kafka Streams' changelog.</summary>
public class SessionStoreTests
{
    private const long RetentionMs = 200_000;

    // One begins another, and one ends with the bytes that keys are told apart by.
    private static readonly string[] _keys = ["", "a", "a\0", "a\0b", "ab", "\0"];

    [Theory]
    [InlineData(Backing.Memory, false)]
    [InlineData(Backing.Memory, true)]
    [InlineData(Backing.Engine, false)]
    [InlineData(Backing.Engine, true)]
    [InlineData(Backing.RocksDb, true)]
    public void A_session_store_is_a_dictionary_of_sessions(Backing backing, bool isEndOrdered)
    {
        for (var seed = 1UL; seed <= (backing == Backing.RocksDb ? 6UL : 60UL); seed++)
            Run(new(seed), backing, isEndOrdered);
    }

    [Fact]
    public void The_changelog_is_that_of_Kafka_Streams()
    {
        using var host = Host(Backing.Memory, false, StreamTime.Observed);
        host.Store.Put("a", new(13502, 13502), "1", 13502);
        host.Commit();
        host.Store.Remove("a", new(13502, 13502), 13645);
        host.Store.Put("a", new(13502, 13645), "2", 13645);
        host.Commit();
        host.Store.Remove("a", new(13502, 13645), 13645);
        host.Store.Put("a", new(13502, 13645), "3", 13645);
        host.Commit();

        host.Changelog.Should().Equal(
            "6100000000000034be00000000000034be = 31 @13502",
            "6100000000000034be00000000000034be = null @13645",
            "61000000000000354d00000000000034be = 32 @13645",
            "61000000000000354d00000000000034be = null @13645",
            "61000000000000354d00000000000034be = 33 @13645");
    }

    [Fact]
    public void A_session_is_kept_by_its_end_not_by_its_start()
    {
        using var host = Host(Backing.Engine, false);
        host.Store.Put("a", new(0, 500_000), "long", 500_000);
        host.Store.Put("a", new(0, 100_000), "short", 100_000);

        host.Store.Expire(500_000);

        host.Store.Fetch("a").Select(s => s.Value).Should().Equal("long");
        host.Store.TryGet("a", new(0, 100_000), out _).Should().BeFalse();
    }

    [Fact]
    public void What_expires_before_it_is_committed_is_written_nowhere()
    {
        using var host = Host(Backing.Engine, true);
        host.Store.Put("a", new(0, 10), "old", 10);
        host.Store.Expire(10_000_000);
        host.Store.Put("a", new(10_000_000, 10_000_000), "new", 10_000_000);
        host.Commit();

        host.Records.Should().HaveCount(1);
        host.Store.All().Select(s => s.Value).Should().Equal("new");
    }

    private static StoreHost<SessionStore<string, string>> Host(Backing backing, bool isEndOrdered, StreamTime clock = StreamTime.Watermarks) =>
        new(backing, context => new("s", Serdes.String, Serdes.String, RetentionMs, isEndOrdered, context), clock);

    private static void Run(SimulationRandom random, Backing backing, bool isEndOrdered)
    {
        using var host = Host(backing, isEndOrdered);
        var model = new Dictionary<(string Key, Window Session), string>();
        var committed = new Dictionary<(string Key, Window Session), string>();
        var (now, expiredBefore) = (0L, 0L);
        for (var step = 0; step < 250; step++)
        {
            now += random.Below(5_000);
            var key = random.Pick(_keys);
            var end = Math.Max(0, now - random.Below(150_000));
            var session = new Window(Math.Max(0, end - random.Below(20_000)), end);
            switch (random.Below(10))
            {
                case 0 or 1 or 2:
                    if (end < expiredBefore)
                        break;
                    host.Store.Put(key, session, model[(key, session)] = $"v{step}", now);
                    break;
                case 3:
                    if (model.Count == 0)
                        break;
                    var removed = random.Pick(model.Keys.ToList());
                    host.Store.Remove(removed.Key, removed.Session, now);
                    model.Remove(removed);
                    break;
                case 4:
                    var found = new List<KeyValuePair<Window, string>>();
                    host.Store.Find(key, session.StartMs, session.EndMs, found);
                    found.Should().Equal(Sorted(model.Where(m => m.Key.Key == key && m.Key.Session.EndMs >= session.StartMs && m.Key.Session.StartMs <= session.EndMs))
                        .Select(m => new KeyValuePair<Window, string>(m.Key.Session, m.Value)));
                    break;
                case 5 when isEndOrdered:
                    var ended = model.Where(m => m.Key.Session.EndMs >= session.StartMs && m.Key.Session.EndMs <= session.EndMs).ToList();
                    host.Store.EndedBetween(session.StartMs, session.EndMs).Select(e => (e.Key.Key, e.Key.Window, e.Value)).Should().Equal(Sorted(ended).Select(m => (m.Key.Key, m.Key.Session, m.Value)));
                    host.Store.FirstEndFrom(session.EndMs).Should().Be(model.Keys.Select(m => m.Session.EndMs).Where(e => e >= session.EndMs).DefaultIfEmpty(long.MaxValue).Min());
                    break;
                case 6:
                    host.Commit();
                    committed = new(model);
                    host.Store.Evict(random.Pick(new long[] { 0, 1_000, 1_000_000 }));
                    break;
                case 7:
                    host.Store.Expire(now);
                    expiredBefore = Math.Max(expiredBefore, now - RetentionMs + 1);
                    foreach (var expired in model.Keys.Where(m => m.Session.EndMs < expiredBefore).ToList())
                        model.Remove(expired);
                    break;
                case 8 when random.Chance(0.3):
                    host.Restart(random.Chance(0.5));
                    host.Store.Expire(now);
                    expiredBefore = Math.Max(expiredBefore, now - RetentionMs + 1);
                    model = committed.Where(m => m.Key.Session.EndMs >= expiredBefore).ToDictionary();
                    break;
                default:
                    host.Store.TryGet(key, session, out var value).Should().Be(model.TryGetValue((key, session), out var expected));
                    value.Should().Be(expected);
                    break;
            }
        }

        foreach (var key in _keys)
            host.Store.Fetch(key).Select(s => (s.Key.Window, s.Value)).Should().Equal(Sorted(model.Where(m => m.Key.Key == key)).Select(m => (m.Key.Session, m.Value)));
        host.Store.All().Select(s => (s.Key.Key, s.Key.Window, s.Value)).Should().BeEquivalentTo(model.Select(m => (m.Key.Key, m.Key.Session, m.Value)));
    }

    private static IEnumerable<KeyValuePair<(string Key, Window Session), string>> Sorted(IEnumerable<KeyValuePair<(string Key, Window Session), string>> sessions) =>
        sessions.OrderBy(s => s.Key.Session.EndMs).ThenBy(s => s.Key.Session.StartMs).ThenBy(s => s.Key.Key, StringComparer.Ordinal);
}
