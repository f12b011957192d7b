using System.Runtime.CompilerServices;
using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb;

/// <summary>
/// The native memory of all stores of the process: one block cache, to which memtables are charged, and the decision whose memtable is flushed when all
/// of them together have grown to their share. RocksDB by itself would flush the database that happens to be written to, in ever smaller files, while
/// idle ones keep what they hold.
/// </summary>
internal static class MemoryBudget
{
    // What is outside of the cache: open files, iterators, the allocator's gaps.
    private const double CacheShare = 0.8;

    // All memtables hold at most about a million of the smallest entries (64 B each with their node), because that is what a restart after a
    // crash reads again from the changelogs.
    private const long MostMemtableBytes = 64L << 20;

    private static readonly Lock _gate = new();
    private static readonly List<long> _budgets = [];

    // Shared by the threads of tasks, which register and choose whom to flush, and by the collectors of metrics. Weak: an engine that nobody closed must not stay open.
    private static readonly ConditionalWeakTable<RocksDbEngine, object?> _engines = [];
    private static readonly Lazy<Shared> _shared = new(() => new Shared());

    public static nint Cache => _shared.Value.Cache;

    public static nint WriteBuffers => _shared.Value.WriteBuffers;

    public static nint Env => _shared.Value.Env;

    public static long CacheBytes => _shared.IsValueCreated ? (long)Rocks.rocksdb_cache_get_usage(Cache) : 0;

    /// <summary>What the memtables that still take writes may hold together.</summary>
    public static long MemtableLimit { get; private set; } = MostMemtableBytes;

    public static IEnumerable<RocksDbEngine> Engines => _engines.Select(static e => e.Key);

    /// <summary>A storage with this budget begins.</summary>
    public static void Join(long bytes)
    {
        lock (_gate)
        {
            _budgets.Add(bytes);
            Resize();
        }
    }

    /// <summary>A storage with this budget ends.</summary>
    public static void Leave(long bytes)
    {
        lock (_gate)
        {
            _budgets.Remove(bytes);
            Resize();
        }
    }

    public static void Add(RocksDbEngine engine) => _engines.AddOrUpdate(engine, null);

    public static void Remove(RocksDbEngine engine) => _engines.Remove(engine);

    /// <summary>Called after every batch: flushes the largest memtable when all have grown to their share, and waits for flushes that fall behind.</summary>
    public static void Enforce()
    {
        if ((long)Rocks.rocksdb_write_buffer_manager_mutable_memtable_memory_usage(WriteBuffers) <= MemtableLimit)
            return;
        // One thread's flush is enough, unless what is being flushed has grown to a share of its own: then writing pauses here.
        var isBehind = (long)Rocks.rocksdb_write_buffer_manager_memory_usage(WriteBuffers) > 2 * MemtableLimit;
        if (isBehind ? Enter() : _gate.TryEnter())
        {
            try
            {
                Engines.MaxBy(static e => e.MemtableBytes)?.TryFlush(isBehind);
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    private static bool Enter()
    {
        _gate.Enter();
        return true;
    }

    private static void Resize()
    {
        if (_budgets.Count == 0)
            return;
        var budget = _budgets.Max();
        MemtableLimit = Math.Min(budget / 4, MostMemtableBytes);
        Rocks.rocksdb_cache_set_capacity(Cache, (nuint)(budget * CacheShare));
    }

    /// <summary>Made once and never freed: databases of the whole process refer to them.</summary>
    private sealed class Shared
    {
        public Shared()
        {
            Cache = Rocks.rocksdb_cache_create_lru(0);
            // Only for its sum and for charging the cache: it never reaches a size at which it would ask for flushes itself.
            WriteBuffers = Rocks.rocksdb_write_buffer_manager_create_with_cache(nuint.MaxValue / 4, Cache, allowStall: 0);
            Env = Rocks.rocksdb_create_default_env();
            Rocks.rocksdb_env_set_high_priority_background_threads(Env, 1);
            Rocks.rocksdb_env_set_background_threads(Env, 1);
        }

        public nint Cache { get; }

        public nint WriteBuffers { get; }

        public nint Env { get; }
    }
}
