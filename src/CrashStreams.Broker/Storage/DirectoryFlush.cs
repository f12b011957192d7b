namespace CrashStreams.Broker.Storage;

/// <summary>Makes the names in a directory survive a power cut. POSIX asks for it; Windows journals names by itself.</summary>
internal static class DirectoryFlush
{
    public static void Flush(string directory)
    {
        using var handle = DirectoryHandle.Open(directory);
        handle?.Flush();
    }
}
