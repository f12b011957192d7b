namespace CrashStreams.Broker.Tests.Clients;

/// <summary>What this process has open, as Linux tells it.</summary>
internal static class OpenFiles
{
    /// <summary>The open files below a directory; those of a deleted name end with "(deleted)".</summary>
    public static IReadOnlyList<string> Below(string directory) =>
        [.. Directory.GetFiles("/proc/self/fd").Select(Target).OfType<string>().Where(target => target.StartsWith(directory, StringComparison.Ordinal))];

    private static string? Target(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            return null; // closed since it was listed
        }
    }
}
