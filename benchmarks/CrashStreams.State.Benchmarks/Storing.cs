using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// What one access to each kind of store costs, beside a window store's update: time and bytes that .NET allocates, with few and with many keys, in memory and on
/// RocksDB. A commit follows every 10,000 accesses, so what it takes is part of the figures; nothing is evicted.
/// </summary>
internal static class Storing
{
    private const int AccessesPerCommit = 10_000;

    public static void Run(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        foreach (var keys in new[] { arguments.Number("few", 1_000), arguments.Number("keys", 1_000_000) })
        {
            foreach (var isOnDisk in new[] { false, true })
            {
                Console.WriteLine($"{keys} keys, {(isOnDisk ? "RocksDB" : "memory")}");
                foreach (var (name, create) in Stores())
                    Measure(name, create, keys, isOnDisk, Math.Max(keys, 200_000));
            }
        }
    }

    private static IEnumerable<(string Name, Func<StoreContext, (IStateStore Store, Action<string, long> Access)> Create)> Stores()
    {
        yield return ("window: update", static c =>
        {
            var store = WindowStore<string, long>.Create("s", Serdes.String, Serdes.Int64, new WindowLength(60_000), 600_000, c);
            return (store, (key, time) =>
            {
                ref var entry = ref store.Entry(key, time / 60_000 * 60_000, out var bucket);
                store.Set(bucket, key, ref entry, entry.Value + 1, true, time);
            });
        });
        yield return ("key-value: get, put", static c =>
        {
            var store = KeyValueStore<string, long>.Create("s", Serdes.String, Serdes.Int64, isTimestamped: true, c);
            return (store, (key, time) =>
            {
                store.TryGet(key, out var count, out _);
                store.Put(key, count + 1, true, time);
            });
        });
        yield return ("key-value of bytes: get, put", static c =>
        {
            var store = new BytesKeyValueStore<string, long>("s", "bench", Serdes.String, Serdes.Int64, isTimestamped: true, c);
            return (store, (key, time) =>
            {
                store.TryGet(key, out var count, out _);
                store.Put(key, count + 1, true, time);
            });
        });
        yield return ("session: find, remove, put", static c =>
        {
            var store = new SessionStore<string, long>("s", Serdes.String, Serdes.Int64, 600_000, isEndOrdered: false, c);
            var found = new List<KeyValuePair<Window, long>>();
            return (store, (key, time) =>
            {
                found.Clear();
                store.Find(key, time - 1_000, time + 1_000, found);
                var start = time;
                foreach (var (session, _) in found)
                {
                    start = Math.Min(start, session.StartMs);
                    store.Remove(key, session, time);
                }

                store.Put(key, new(start, time), found.Count + 1, time);
            });
        });
        yield return ("join: put, fetch", static c =>
        {
            var store = new JoinWindowStore<string, long>("s", Serdes.String, Serdes.Int64, 120_000, c);
            return (store, (key, time) =>
            {
                store.Put(key, time, time, time);
                using var matches = store.Fetch(key, time - 1_000, time + 1_000);
                while (matches.MoveNext())
                    _ = matches.Value;
            });
        });
        yield return ("versioned: put, get as of", static c =>
        {
            var store = new VersionedStore<string, long>("s", Serdes.String, Serdes.Int64, 60_000, c);
            return (store, (key, time) =>
            {
                store.Put(key, time, true, time, time);
                store.TryGetAsOf(key, time - 500, out _);
            });
        });
        yield return ("ordered input: put, take", static c =>
        {
            var store = new InputOrder<string, long>("s", Serdes.String, Serdes.Int64, c);
            return (store, (key, time) =>
            {
                store.Put(time, new(key, time, time), new("in", 0, time), isUnordered: false, isDirect: true, mayRepeat: false);
                store.TryTake(time - 1_000, keeps: false, out _, out _, out _);
            });
        });
    }

    private static void Measure(string name, Func<StoreContext, (IStateStore Store, Action<string, long> Access)> create, int keys, bool isOnDisk, int accesses)
    {
        var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
        using (var state = new RocksDbState(new() { Directory = directory }))
        {
            state.TryLock("bench", "0_0");
            var (store, access) = create(new("changelog", new TaskClock(StreamTime.Watermarks, TimeProvider.System)));
            if (isOnDisk)
                store.Attach(new(state.Open("bench", "0_0", "s"), "s", store.Kind!));
            store.Restored();
            var names = Enumerable.Range(0, keys).Select(static i => $"user-{i:0000000}").ToArray();
            var time = 0L;
            // Each key comes again after as many accesses as there are keys; the clock goes on by a second meanwhile, or by a millisecond per access.
            Access(accesses);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var measured = Measured.Of(() => Access(accesses));
            Console.WriteLine($"  {name,-30} {measured.Per(accesses)}  {(GC.GetAllocatedBytesForCurrentThread() - allocated) / accesses,6} B");
            store.Engine?.Dispose();

            void Access(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    time += i % Math.Max(1, keys / 1_000) == 0 ? 1 : 0;
                    access(names[i * 7919L % keys], time);
                    if (i % AccessesPerCommit != AccessesPerCommit - 1)
                        continue;
                    store.Flush(Nowhere.Instance);
                    store.Engine?.Write(0, 0);
                    (store as IExpiringStore)?.Let(time);
                }
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    private static void Let(this IExpiringStore store, long time)
    {
        if (store is SessionStore<string, long> sessions)
            sessions.Expire(time);
        else if (store is JoinWindowStore<string, long> join)
            join.Expire(time);
        else if (store is WindowStore<string, long> windows)
            windows.Expire(time);
    }

    private sealed class Nowhere : IChangelogWriter
    {
        public static readonly Nowhere Instance = new();

        public bool Append(IStateStore store, in LogRecord record) => true;

        public void Refuse(IStateStore store, Exception exception) => throw exception;
    }
}
