using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker.Log;

/// <summary>A small file that is replaced as a whole: a reader finds the old content or the new; after a power cut, too, when it is flushed.</summary>
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
        if (flush)
            storage.FlushNames(path.LastIndexOf('/') is >= 0 and var slash ? path[..slash] : "");
    }

    /// <summary>The content.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The disk doesn't give it back.</exception>
    public static byte[] Read(IStorage storage, string path)
    {
        using var file = storage.Open(path, create: false);
        var content = new byte[file.Length];
        return file.Read(0, content) == content.Length ? content : throw new IOException($"{path} became shorter while it was read.");
    }
}
