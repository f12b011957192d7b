using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using CrashStreams.Testing;
using CrashStreams.Time;

namespace CrashStreams.Tests.State;

/// <summary>Ordered stores: in memory, over an engine in memory, over RocksDB.</summary>
public class OrderedStoreTests
{
    [Fact]
    public void A_store_in_memory_is_a_sorted_dictionary() => OrderedStoreProperties.Check(null, null, histories: 400);

    [Fact]
    public void A_store_over_an_engine_is_a_sorted_dictionary()
    {
        var storage = new MemoryStateStorage();
        OrderedStoreProperties.Check(
            number =>
            {
                storage.TryLock("app", "0_0");
                return storage.Open("app", "0_0", $"store-{number}");
            },
            _ => storage.Crash(static most => most),
            histories: 400);
    }

    [Fact]
    public void A_store_over_RocksDB_is_a_sorted_dictionary()
    {
        var directory = Directory.CreateTempSubdirectory("crashstreams-ordered-").FullName;
        RocksDbState New()
        {
            var state = new RocksDbState(new() { Directory = directory, MemoryBudgetBytes = 16 << 20 });
            state.TryLock("app", "0_0");
            return state;
        }

        var storage = New();
        OrderedStoreProperties.Check(
            number => storage.Open("app", "0_0", $"store-{number}"),
            engine =>
            {
                engine.Dispose();
                storage.Dispose();
                storage = New();
            },
            histories: 60);
        storage.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_entry_that_comes_and_goes_between_two_commits_is_written_nowhere(bool hasEngine)
    {
        var store = Store(hasEngine);
        var changelog = new Lines();
        store.Put("stays"u8, "1"u8, 1);
        store.Put("goes"u8, "1"u8, 1, isNew: true);
        store.Delete("goes"u8, 2);

        store.Flush(changelog);

        changelog.Written.Should().Equal("stays=1@1");
        store.TryGet("goes"u8, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_committed_is_removed_by_a_tombstone_and_so_is_what_never_was_there(bool hasEngine)
    {
        var store = Store(hasEngine);
        var changelog = new Lines();
        store.Put("a"u8, "1"u8, 1);
        store.Flush(changelog);
        store.Engine?.Write(1, 0);

        store.Put("a"u8, "2"u8, 2);
        store.Delete("a"u8, 3);
        store.Delete("b"u8, 4);
        store.Flush(changelog);

        changelog.Written.Should().Equal("a=1@1", "a=-@3", "b=-@4");
    }

    [Fact]
    public void Between_the_flush_and_the_write_of_the_engine_a_store_shows_what_was_flushed()
    {
        var store = Store(hasEngine: true);
        store.Put("a"u8, "1"u8, 1);
        store.Put("b"u8, "1"u8, 1);
        store.Flush(new Lines());
        store.Engine!.Write(1, 0);
        store.Delete("a"u8, 2);
        store.Forget("b"u8, "c"u8, logsChanges: false);
        store.Flush(new Lines());

        store.Evict(0);

        store.TryGet("a"u8, out _).Should().BeFalse();
        store.TryGet("b"u8, out _).Should().BeFalse();
        using (var all = store.Scan([], []))
            all.MoveNext().Should().BeFalse();
        store.Engine.Write(2, 0);
        store.Evict(0);
        store.CachedBytes.Should().Be(0);
        store.TryGet("a"u8, out _).Should().BeFalse();
        store.TryGet("b"u8, out _).Should().BeFalse();
    }

    [Fact]
    public void A_shorter_range_that_is_forgotten_does_not_bring_back_a_longer_one()
    {
        var store = Store(hasEngine: true);
        store.Put("b"u8, "1"u8, 1);
        store.Flush(new Lines());
        store.Engine!.Write(1, 0);
        store.Evict(0);

        store.Forget(""u8, "c"u8, logsChanges: false);
        store.Forget(""u8, "a"u8, logsChanges: false);

        store.TryGet("b"u8, out _).Should().BeFalse();
        store.Flush(new Lines());
        store.Engine.Write(2, 0);
        store.TryGet("b"u8, out _).Should().BeFalse();
    }

    [Fact]
    public void Many_entries_that_come_and_go_leave_nothing_in_memory()
    {
        var store = Store(hasEngine: true);
        for (var i = 0; i < 100_000; i++)
        {
            var key = BitConverter.GetBytes(i);
            store.Put(key, key, i, isNew: true);
            store.Delete(key, i);
        }

        (store.CachedBytes, store.DirtyBytes).Should().Be((0, 0));
    }

    [Theory]
    [InlineData("", "00")]
    [InlineData("61", "6100")]
    [InlineData("00", "00FF00")]
    [InlineData("610062", "6100FF6200")]
    [InlineData("0000", "00FF00FF00")]
    [InlineData("FF00", "FF00FF00")]
    public void A_key_that_is_followed_by_more_is_escaped(string key, string stored)
    {
        var (written, read) = (new ByteBuffer(), new ByteBuffer());
        OrderedKey.Write(Convert.FromHexString(key), written);
        Convert.ToHexString(written.Written).Should().Be(stored);
        written.WriteInt64(7);

        var length = OrderedKey.Length(written.Written);

        length.Should().Be(stored.Length / 2);
        Convert.ToHexString(OrderedKey.Read(written.Written[..length], read)).Should().Be(key);
    }

    [Fact]
    public void Escaped_keys_lie_in_the_order_of_the_keys_and_those_of_a_key_together()
    {
        byte[] bytes = [0, 1, 0xff];
        var keys = bytes.SelectMany(a => bytes.SelectMany(b => new byte[][] { [], [a], [a, b], [a, b, a] })).DistinctBy(Convert.ToHexString).ToList();
        var entries = keys.SelectMany(k => new long[] { 0, 1, 255, 256, long.MaxValue }, (Key, Time) => (Key, Time)).Select(e =>
        {
            var stored = new ByteBuffer();
            OrderedKey.Write(e.Key, stored);
            stored.WriteInt64(e.Time);
            return (e.Key, e.Time, Stored: Convert.ToHexString(stored.Written));
        });

        entries.OrderBy(e => e.Stored, StringComparer.Ordinal).Select(e => (Convert.ToHexString(e.Key), e.Time))
            .Should().Equal(entries.Select(e => (Key: Convert.ToHexString(e.Key), e.Time)).OrderBy(e => e.Key, StringComparer.Ordinal).ThenBy(e => e.Time));
    }

    private static OrderedStore Store(bool hasEngine)
    {
        var store = new OrderedStore("s", "test", new KeyValueFormat(), new("changelog", new TaskClock(StreamTime.Watermarks, TimeProvider.System)));
        if (!hasEngine)
            return store;
        var storage = new MemoryStateStorage();
        storage.TryLock("app", "0_0");
        store.Attach(new(storage.Open("app", "0_0", "s"), "s", "test"));
        return store;
    }

    private sealed class Lines : IChangelogWriter
    {
        public List<string> Written { get; } = [];

        public bool Append(IStateStore store, in LogRecord record)
        {
            Written.Add($"{Serdes.String.Deserialize(record.Key)}={(record.HasValue ? Serdes.String.Deserialize(record.Value) : "-")}@{record.Timestamp}");
            return true;
        }

        public void Refuse(IStateStore store, Exception exception) => throw exception;
    }
}
