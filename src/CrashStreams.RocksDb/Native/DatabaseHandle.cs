using System.Runtime.InteropServices;

namespace CrashStreams.RocksDb.Native;

/// <summary>
/// An open database with its two column families. Closed when it was disposed of and the last iterator over it is gone; memtables are not flushed then.
/// </summary>
internal sealed class DatabaseHandle() : SafeHandle(0, ownsHandle: true)
{
    /// <summary>The column family of the entries.</summary>
    public nint Entries { get; private set; }

    /// <summary>The column family that says what the entries are of.</summary>
    public nint Offsets { get; private set; }

    public override bool IsInvalid => handle == 0;

    public static unsafe DatabaseHandle Open(string path, nint options, nint offsetsOptions)
    {
        var result = new DatabaseHandle();
        fixed (byte* entries = "default\0"u8, offsets = "offsets\0"u8)
        {
            var names = stackalloc byte*[] { entries, offsets };
            var familyOptions = stackalloc nint[] { options, offsetsOptions };
            var families = stackalloc nint[2];
            var db = Rocks.rocksdb_open_column_families(options, path, 2, names, familyOptions, families, out var error);
            RocksError.ThrowIfAny(error, "Opening", path);
            (result.Entries, result.Offsets) = (families[0], families[1]);
            result.SetHandle(db);
        }

        return result;
    }

    protected override bool ReleaseHandle()
    {
        Rocks.rocksdb_column_family_handle_destroy(Entries);
        Rocks.rocksdb_column_family_handle_destroy(Offsets);
        Rocks.rocksdb_close(handle);
        return true;
    }
}
