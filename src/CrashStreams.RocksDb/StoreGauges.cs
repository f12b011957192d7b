using System.Diagnostics.Metrics;
using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb;

/// <summary>What the stores occupy, in the library's meter: memory per process, the rest per application and store, summed over their tasks.</summary>
internal static class StoreGauges
{
    private static readonly Meter Meter = new(StreamsTelemetry.MeterName);

    static StoreGauges()
    {
        Meter.CreateObservableGauge("crashstreams.rocksdb.cache.usage", static () => MemoryBudget.CacheBytes, "By", "Block cache in use, memtables included.");
        Meter.CreateObservableGauge(
            "crashstreams.rocksdb.memtable.usage", static () => (long)Rocks.rocksdb_write_buffer_manager_memory_usage(MemoryBudget.WriteBuffers), "By", "Memtables of all stores.");
        PerStore("crashstreams.rocksdb.keys", "{key}", "Estimated number of entries.", "rocksdb.estimate-num-keys\0"u8.ToArray());
        PerStore("crashstreams.rocksdb.sst.size", "By", "Table files.", "rocksdb.live-sst-files-size\0"u8.ToArray());
        PerStore("crashstreams.rocksdb.compaction.pending", "By", "Estimated bytes that compaction has still to rewrite.", "rocksdb.estimate-pending-compaction-bytes\0"u8.ToArray());
    }

    /// <summary>Registers the gauges, once.</summary>
    public static void Start() => _ = Meter;

    private static void PerStore(string name, string unit, string description, byte[] property) =>
        Meter.CreateObservableGauge(
            name,
            () => from engine in MemoryBudget.Engines
                  group engine by (engine.Application, engine.Store) into engines
                  select new Measurement<long>(
                      engines.Sum(e => e.Property(property)), new("application", engines.Key.Application), new KeyValuePair<string, object?>("store", engines.Key.Store)),
            unit,
            description);
}
