namespace CrashStreams.Broker.Storage;

/// <summary>Makes the names in a directory survive a power cut. POSIX asks for it; Windows journals names by itself.</summary>
internal static class DirectoryFlush
{
    /// <exception cref="IOException">The disk failed, or the directory can't be opened.</exception>
    public static void Flush(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var handle = DirectoryHandle.Open(directory) ?? throw new IOException("A directory could not be opened to be flushed.");
        handle.Flush();
    }
}
