using CrashStreams.RocksDb.Native;

namespace CrashStreams.RocksDb;

/// <summary>How a store's database is made, in the words of RocksDB's own option strings. Reasons and figures: docs/decisions/rocksdb-engine.md.</summary>
internal static class DatabaseOptions
{
    /// <summary>From so many files that may overlap each other on they are merged. A bounded tail makes them small: with four, merging would be most of what a commit costs.</summary>
    public const int FilesToCompact = 8;

    // atomic_flush: entries and their position reach the disk together, or neither does. allow_concurrent_memtable_write: there is one writer.
    // arena_block_size: what a store occupies as soon as it holds one entry; there may be hundreds.
    private const string Common =
        """
        create_if_missing=true;create_missing_column_families=true;atomic_flush=true;avoid_flush_during_shutdown=true;
        paranoid_checks=true;allow_concurrent_memtable_write=false;max_background_jobs=2;max_open_files=40;
        info_log_level=ERROR_LEVEL;keep_log_file_num=1;stats_dump_period_sec=0;stats_persist_period_sec=0;skip_stats_update_on_db_open=true;
        arena_block_size=32768;max_write_buffer_number=2;
        target_file_size_base=67108864;max_bytes_for_level_base=268435456;level_compaction_dynamic_level_bytes=true;
        compaction_readahead_size=262144;level0_slowdown_writes_trigger=40;level0_stop_writes_trigger=60;
        """;

    // The first merge does it for the files of a load, which are to be made fast.
    private const string Compressed = "compression=kLZ4Compression;", Plain = "compression=kNoCompression;";

    /// <summary>Opens a database, made when it does not exist.</summary>
    public static DatabaseHandle Open(string path)
    {
        var table = Table();
        nint entries = 0, offsets = 0;
        try
        {
            entries = Options(Common + Compressed + $"write_buffer_size={MemoryBudget.MemtableLimit};", table, path);
            offsets = Options(Common + Compressed + "write_buffer_size=4194304;arena_block_size=4096;", table, path);
            return DatabaseHandle.Open(path, entries, offsets);
        }
        finally
        {
            Destroy(entries);
            Destroy(offsets);
            Rocks.rocksdb_block_based_options_destroy(table);
        }
    }

    /// <summary>Begins writers of files in the format of the entries. The caller destroys it.</summary>
    public static nint NewFileWriter(string path)
    {
        var table = Table();
        nint entries = 0, files = Rocks.rocksdb_envoptions_create();
        try
        {
            entries = Options(Common + Plain, table, path);
            return Rocks.rocksdb_sstfilewriter_create(files, entries);
        }
        finally
        {
            Destroy(entries);
            Rocks.rocksdb_envoptions_destroy(files);
            Rocks.rocksdb_block_based_options_destroy(table);
        }
    }

    private static nint Options(string text, nint table, string path)
    {
        text += $"level0_file_num_compaction_trigger={FilesToCompact};";
        var nothing = Rocks.rocksdb_options_create();
        var options = Rocks.rocksdb_options_create();
        Rocks.rocksdb_get_options_from_string(nothing, text.ReplaceLineEndings(""), options, out var error);
        Rocks.rocksdb_options_destroy(nothing);
        RocksError.ThrowIfAny(error, "Opening", path);
        Rocks.rocksdb_options_set_env(options, MemoryBudget.Env);
        Rocks.rocksdb_options_set_write_buffer_manager(options, MemoryBudget.WriteBuffers);
        Rocks.rocksdb_options_set_block_based_table_factory(options, table);
        return options;
    }

    private static nint Table()
    {
        const int BinarySearchAndHash = 1;
        var table = Rocks.rocksdb_block_based_options_create();
        Rocks.rocksdb_block_based_options_set_block_cache(table, MemoryBudget.Cache);
        Rocks.rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        Rocks.rocksdb_block_based_options_set_filter_policy(table, Rocks.rocksdb_filterpolicy_create_bloom(10));
        Rocks.rocksdb_block_based_options_set_block_size(table, 8192);
        Rocks.rocksdb_block_based_options_set_data_block_index_type(table, BinarySearchAndHash);
        return table;
    }

    private static void Destroy(nint options)
    {
        if (options != 0)
            Rocks.rocksdb_options_destroy(options);
    }
}
