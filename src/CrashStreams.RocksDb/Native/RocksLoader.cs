using System.Runtime.InteropServices;

namespace CrashStreams.RocksDb.Native;

/// <summary>Finds librocksdb: the NuGet package's build for this platform (glibc, then musl), then the system's.</summary>
internal static class RocksLoader
{
    // Debian and Ubuntu name the library by its minor version; a bare name exists only where the development package is installed.
    private static readonly string[] Names = [Rocks.Library, "rocksdb-musl", "librocksdb.so.11", "librocksdb.so.10", "librocksdb.so.9.10", "librocksdb.so.8.9", "librocksdb.so.7.8"];

    // What older C APIs lack. Without the first, a store's data and its position can't be flushed together.
    private static readonly string[] Needed = [nameof(Rocks.rocksdb_flush_cfs), nameof(Rocks.rocksdb_write_buffer_manager_create_with_cache)];
    private static readonly Lazy<nint> Loaded = new(() => Load(Names));

    static RocksLoader() =>
        NativeLibrary.SetDllImportResolver(typeof(RocksLoader).Assembly, static (name, _, _) => name == Rocks.Library ? Loaded.Value : 0);

    /// <summary>Loads the library, or says what to install.</summary>
    public static void EnsureLoaded() => _ = Loaded.Value;

    internal static nint Load(IEnumerable<string> names)
    {
        var tooOld = "";
        foreach (var name in names)
        {
            if (!NativeLibrary.TryLoad(name, typeof(RocksLoader).Assembly, null, out var handle))
                continue;
            if (Needed.All(n => NativeLibrary.TryGetExport(handle, n, out _)))
                return handle;
            tooOld = $" ({name} was found, but its C API is too old)";
        }

        throw new CrashStreamsException($"librocksdb can't be loaded{tooOld}. Reference the NuGet package RocksDB in the program, or install librocksdb 9 or later.");
    }
}
