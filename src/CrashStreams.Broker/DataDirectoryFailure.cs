using CrashStreams.Broker.Storage;

namespace CrashStreams.Broker;

/// <summary>What the file system says when a data directory can't be made or used, with what to do about it.</summary>
internal static class DataDirectoryFailure
{
    /// <exception cref="IOException">The file system refused; the message says where, why, and what to do.</exception>
    public static T Explain<T>(string? directory, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception failed) when (directory is not null && failed is not DataDirectoryInUseException && StorageFault.Is(failed))
        {
            var path = Path.GetFullPath(directory);
            throw new IOException($"The data directory {path} can't be {(Directory.Exists(path) ? "used" : "made")}: {failed.Message.TrimEnd('.')}. {Remedy(path, failed.Message)}", failed);
        }
    }

    private static string Remedy(string path, string reason) =>
        reason.Contains("space", StringComparison.OrdinalIgnoreCase) || reason.Contains("quota", StringComparison.OrdinalIgnoreCase) ? "Make room there, or choose a folder on another disk."
        : reason.Contains("open files", StringComparison.OrdinalIgnoreCase) ? "Allow the process more open files (ulimit -n)."
        : $"Choose a folder that {Environment.UserName} may write to; one that is not there is made{(Directory.Exists(Path.GetDirectoryName(path)) ? "" : ", with those above it")}.";
}

/// <summary>Another broker has the data directory.</summary>
internal sealed class DataDirectoryInUseException(string message) : IOException(message);
