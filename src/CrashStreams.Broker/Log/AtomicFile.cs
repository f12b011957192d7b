using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>A small file that is replaced as a whole: a reader finds the old content or the new.</summary>
internal static class AtomicFile
{
    public const string TemporarySuffix = ".tmp";

    public static void Write(IStorage storage, string path, ReadOnlySpan<byte> content, bool flush)
    {
        using (var file = storage.Open(path + TemporarySuffix, create: true))
        {
            file.Truncate(0);
            file.Write(0, content);
            if (flush)
                file.Flush();
        }
        storage.Replace(path + TemporarySuffix, path);
    }

    /// <summary>The content, or null if there is no such file.</summary>
    public static byte[]? Read(IStorage storage, string path)
    {
        if (!storage.Exists(path))
            return null;
        using var file = storage.Open(path, create: false);
        var content = new byte[file.Length];
        return file.Read(0, content) == content.Length ? content : null;
    }
}
