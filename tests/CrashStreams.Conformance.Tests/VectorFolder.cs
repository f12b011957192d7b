namespace CrashStreams.Conformance.Tests;

/// <summary>Where the vectors are: the folder in CRASHSTREAMS_CONFORMANCE, by default shared/conformance beside the repository.</summary>
internal static class VectorFolder
{
    public static string Path { get; } = Environment.GetEnvironmentVariable("CRASHSTREAMS_CONFORMANCE") is { Length: > 0 } folder
        ? folder
        : System.IO.Path.Combine(RepositoryRoot(), "..", "shared", "conformance");

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "CrashStreams.sln")))
            folder = Directory.GetParent(folder)?.FullName ?? throw new DirectoryNotFoundException("CrashStreams.sln is in no folder above the tests.");
        return folder;
    }
}
