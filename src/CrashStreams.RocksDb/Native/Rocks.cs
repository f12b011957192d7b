using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashStreams.RocksDb.Native;

/// <summary>
/// The part of RocksDB's C API (<c>rocksdb/c.h</c>) that the engine uses, under its own names. An <c>errptr</c> receives a text to be given to
/// <see cref="RocksError"/>; <c>unsigned char</c> is a boolean. What touches no lock and no file is called without leaving managed mode.
/// </summary>
internal static unsafe partial class Rocks
{
    public const string Library = "rocksdb";

    [LibraryImport(Library)]
    public static partial nint rocksdb_options_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_options_destroy(nint options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void rocksdb_get_options_from_string(nint baseOptions, string text, nint newOptions, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_env(nint options, nint env);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_write_buffer_manager(nint options, nint manager);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_block_based_table_factory(nint options, nint tableOptions);

    [LibraryImport(Library)]
    public static partial nint rocksdb_block_based_options_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_destroy(nint tableOptions);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_block_cache(nint tableOptions, nint cache);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks(nint tableOptions, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_filter_policy(nint tableOptions, nint policyThatItOwns);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_block_size(nint tableOptions, nuint bytes);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_data_block_index_type(nint tableOptions, int type);

    [LibraryImport(Library)]
    public static partial nint rocksdb_filterpolicy_create_bloom(double bitsPerKey);

    [LibraryImport(Library)]
    public static partial nint rocksdb_cache_create_lru(nuint capacity);

    [LibraryImport(Library)]
    public static partial void rocksdb_cache_set_capacity(nint cache, nuint capacity);

    [LibraryImport(Library)]
    public static partial nuint rocksdb_cache_get_usage(nint cache);

    [LibraryImport(Library)]
    public static partial nint rocksdb_write_buffer_manager_create_with_cache(nuint bufferSize, nint cache, byte allowStall);

    [LibraryImport(Library)]
    public static partial nuint rocksdb_write_buffer_manager_memory_usage(nint manager);

    [LibraryImport(Library)]
    public static partial nuint rocksdb_write_buffer_manager_mutable_memtable_memory_usage(nint manager);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_default_env();

    [LibraryImport(Library)]
    public static partial void rocksdb_env_set_background_threads(nint env, int count);

    [LibraryImport(Library)]
    public static partial void rocksdb_env_set_high_priority_background_threads(nint env, int count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rocksdb_open_column_families(
        nint options, string path, int count, byte** names, nint* familyOptions, nint* families, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_column_family_handle_destroy(nint family);

    [LibraryImport(Library)]
    public static partial void rocksdb_close(nint db);

    [LibraryImport(Library)]
    public static partial nint rocksdb_get_pinned(DatabaseHandle db, nint readOptions, byte* key, nuint keyLength, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_get_pinned_cf(DatabaseHandle db, nint readOptions, nint family, byte* key, nuint keyLength, out nint error);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* rocksdb_pinnableslice_value(nint slice, out nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_pinnableslice_destroy(nint slice);

    [LibraryImport(Library)]
    public static partial void rocksdb_write(DatabaseHandle db, nint writeOptions, nint batch, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writebatch_create_from(byte* representation, nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_put_cf(nint batch, nint family, byte* key, nuint keyLength, byte* value, nuint valueLength);

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_destroy(nint batch);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writebatch_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_delete(nint batch, byte* key, nuint keyLength);

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_delete_cf(nint batch, nint family, byte* key, nuint keyLength);

    [LibraryImport(Library)]
    public static partial nint rocksdb_envoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_envoptions_destroy(nint envOptions);

    [LibraryImport(Library)]
    public static partial nint rocksdb_sstfilewriter_create(nint envOptions, nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_sstfilewriter_destroy(nint writer);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void rocksdb_sstfilewriter_open(nint writer, string path, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_sstfilewriter_put(nint writer, byte* key, nuint keyLength, byte* value, nuint valueLength, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_sstfilewriter_delete(nint writer, byte* key, nuint keyLength, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_sstfilewriter_finish(nint writer, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_ingestexternalfileoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_ingestexternalfileoptions_set_move_files(nint options, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_ingestexternalfileoptions_set_snapshot_consistency(nint options, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_ingest_external_file_cf(DatabaseHandle db, nint family, byte** paths, nuint count, nint options, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_set_options_cf(DatabaseHandle db, nint family, int count, byte** names, byte** values, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writeoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writeoptions_disable_WAL(nint writeOptions, int disable);

    [LibraryImport(Library)]
    public static partial nint rocksdb_flushoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_flushoptions_set_wait(nint flushOptions, byte wait);

    [LibraryImport(Library)]
    public static partial void rocksdb_flush_cfs(DatabaseHandle db, nint flushOptions, nint* families, int count, out nint error);

    [LibraryImport(Library)]
    public static partial int rocksdb_property_int(DatabaseHandle db, byte* name, out ulong value);

    [LibraryImport(Library)]
    public static partial int rocksdb_property_int_cf(DatabaseHandle db, nint family, byte* name, out ulong value);

    [LibraryImport(Library)]
    public static partial nint rocksdb_readoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_destroy(nint readOptions);

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_set_iterate_upper_bound(nint readOptions, byte* keyThatStays, nuint keyLength);

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_set_iterate_lower_bound(nint readOptions, byte* keyThatStays, nuint keyLength);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_iterator(DatabaseHandle db, nint readOptions);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_destroy(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_seek(nint iterator, byte* key, nuint keyLength);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_seek_to_last(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_next(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_prev(nint iterator);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte rocksdb_iter_valid(nint iterator);

    [LibraryImport(Library), SuppressGCTransition]
    public static partial byte* rocksdb_iter_key(nint iterator, out nuint length);

    [LibraryImport(Library)]
    public static partial byte* rocksdb_iter_value(nint iterator, out nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_get_error(nint iterator, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_free(nint pointer);
}
