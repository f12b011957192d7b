using System.Runtime.CompilerServices;
using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb;

/// <summary>
/// The native memory of all stores of the process: one block cache, to which memtables are charged, and the decision whose memtable is flushed when all
/// of them together have grown to their share, or to a tail that a restart should not have to read again. RocksDB by itself would flush the database that happens to be written to, in ever smaller files, while
/// idle ones keep what they hold.
/// </summary>
internal static class MemoryBudget
{
    // What is outside of the cache: open files, iterators, the allocator's gaps.
    private const double CacheShare = 0.8;

    // Larger memtables merge more before they are flushed, and every look into them takes longer.
    private const long MostMemtableBytes = 64L << 20;

    // Each flush is two files and a record of them: of many stores none is to flush a handful of changes.
    private const int UnflushedPerStore = 2000;

    private static readonly Lock _gate = new();
    private static readonly List<RocksDbOptions> _joined = [];

    // Shared by the threads of tasks, which register and choose whom to flush, and by the collectors of metrics. Weak: an engine that nobody closed must not stay open.
    private static readonly ConditionalWeakTable<RocksDbEngine, object?> _engines = [];
    private static readonly Lazy<Shared> _shared = new(() => new Shared());

    // Written by the threads of tasks, each for its engines.
    private static long _unflushed;
    private static long _unflushedLimit = long.MaxValue;
    private static int _open;

    public static nint Cache => _shared.Value.Cache;

    public static nint WriteBuffers => _shared.Value.WriteBuffers;

    public static nint Env => _shared.Value.Env;

    public static long CacheBytes => _shared.IsValueCreated ? (long)Rocks.rocksdb_cache_get_usage(Cache) : 0;

    /// <summary>What the memtables that still take writes may hold together.</summary>
    public static long MemtableLimit { get; private set; } = MostMemtableBytes;

    public static IEnumerable<RocksDbEngine> Engines => _engines.Select(static e => e.Key);

    /// <summary>A storage begins.</summary>
    public static void Join(RocksDbOptions options)
    {
        lock (_gate)
        {
            _joined.Add(options);
            Resize();
        }
    }

    /// <summary>A storage ends.</summary>
    public static void Leave(RocksDbOptions options)
    {
        lock (_gate)
        {
            _joined.Remove(options);
            Resize();
        }
    }

    public static void Add(RocksDbEngine engine)
    {
        _engines.AddOrUpdate(engine, null);
        Interlocked.Increment(ref _open);
    }

    public static void Remove(RocksDbEngine engine)
    {
        if (_engines.Remove(engine))
            Interlocked.Decrement(ref _open);
    }

    /// <summary>Offsets that a crash would take from an engine; fewer, when it flushes.</summary>
    public static void Unflushed(long more) => Interlocked.Add(ref _unflushed, more);

    /// <summary>
    /// Called after every batch: flushes the largest memtable when all have grown to their share, the one furthest ahead of its disk when all together are too far ahead, and waits
    /// for flushes that fall behind.
    /// </summary>
    public static void Enforce()
    {
        EnforceTail();
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

    // A flush that was started counts as done; when another is due before it is, writing waits for both. So no more than twice the limit is lost.
    private static void EnforceTail()
    {
        if (Volatile.Read(ref _unflushed) <= Volatile.Read(ref _unflushedLimit) + ((long)UnflushedPerStore * Volatile.Read(ref _open)) || !_gate.TryEnter())
            return;
        try
        {
            Engines.MaxBy(static e => e.Unflushed)?.TryFlush(wait: Engines.Any(static e => e.IsFlushing));
        }
        finally
        {
            _gate.Exit();
        }
    }

    private static bool Enter()
    {
        _gate.Enter();
        return true;
    }

    private static void Resize()
    {
        if (_joined.Count == 0)
            return;
        var budget = _joined.Max(static o => o.MemoryBudgetBytes);
        Volatile.Write(ref _unflushedLimit, _joined.Min(static o => o.UnflushedOffsets));
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
