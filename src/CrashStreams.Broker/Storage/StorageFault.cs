namespace CrashStreams.Broker.Storage;

/// <summary>
/// What a failing file system says, as one kind of exception and without the place of the data directory: the message goes to clients.
/// </summary>
internal static class StorageFault
{
    public static bool Is(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <param name="path">The path in the storage.</param>
    /// <param name="error">Its message is "No space left on device : '/data/logs/...'", or has the path in between.</param>
    public static IOException Of(string path, Exception error)
    {
        var reason = error.HResult switch
        {
            23 or 24 => "Too many open files",
            28 => "No space left on device",
            122 => "Disk quota exceeded",
            _ => error switch
            {
                UnauthorizedAccessException => "Access denied",
                FileNotFoundException or DirectoryNotFoundException => "Not found",
                _ => "Input/output error",
            },
        };
        return new IOException($"{path}: {reason}", error);
    }
}
