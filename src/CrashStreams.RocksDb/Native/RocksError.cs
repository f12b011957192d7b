using System.Runtime.InteropServices;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb.Native;

/// <summary>Turns RocksDB's error texts into exceptions that say what was done to which store, and what to do about it.</summary>
internal static class RocksError
{
    public static void ThrowIfAny(nint error, string action, string path)
    {
        if (error != 0)
            throw Take(error, action, path);
    }

    /// <summary>The exception of a text that RocksDB allocated; frees it.</summary>
    private static CrashStreamsException Take(nint error, string action, string path)
    {
        var text = Marshal.PtrToStringUTF8(error) ?? "";
        Rocks.rocksdb_free(error);
        return Of(text, action, path);
    }

    internal static CrashStreamsException Of(string text, string action, string path)
    {
        if (IsCorruption(text))
            return new StateCorruptedException($"{action} the store in '{path}' failed, because its files are damaged: {text}. It has to be rebuilt from its changelog.");
        if (text.Contains("No space left", StringComparison.Ordinal) || text.Contains("Disk quota exceeded", StringComparison.Ordinal) || text.Contains("File too large", StringComparison.Ordinal))
            return new CrashStreamsException($"{action} the store in '{path}' failed, because the disk is full: {text}. Make room; nothing that was written before is lost.");
        return new CrashStreamsException($"{action} the store in '{path}' failed: {text}.");
    }

    // A file that is gone is met as an IO error where it is opened to be read, and as corruption where all are checked.
    private static bool IsCorruption(string text) =>
        text.StartsWith("Corruption", StringComparison.Ordinal)
        || (text.Contains("No such file or directory", StringComparison.Ordinal)
            && (text.Contains(".sst", StringComparison.Ordinal) || text.Contains("MANIFEST-", StringComparison.Ordinal)));
}
