namespace CrashStreams.Conformance.Tests;

/// <summary>
/// Where the vectors are: the folder in <c>CRASHSTREAMS_CONFORMANCE</c>, by default shared/conformance beside the repository. They are not part of the repository: without them
/// the tests say that they are skipped, and why. A folder that was named has to be there.
/// </summary>
internal static class VectorFolder
{
    private const string Variable = "CRASHSTREAMS_CONFORMANCE";

    private static readonly string? _named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    public static string Path { get; } = System.IO.Path.GetFullPath(_named ?? System.IO.Path.Combine(RepositoryRoot(), "..", "shared", "conformance"));

    /// <summary>The topologies that there are vectors of.</summary>
    public static IReadOnlyList<string> Topologies { get; } = Directory.Exists(Path)
        ? Directory.GetFiles(Path, "*.jsonl").Select(static f => System.IO.Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal).ToList()
        : [];

    /// <summary>The file of a topology. Without it the test is skipped, with the reason; where the folder was named and is not there, or has no vectors, it fails.</summary>
    public static string Require(string fileName)
    {
        if (_named is not null && Topologies.Count == 0)
            Assert.Fail($"{Variable} names {Path}, where there are no vectors (*.jsonl).");
        var file = System.IO.Path.Combine(Path, fileName);
        if (!File.Exists(file))
            Assert.Skip(Topologies.Count == 0 ? $"No vectors of Kafka Streams in {Path}: set {Variable} to their folder." : $"No {fileName} in {Path}.");
        return file;
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "CrashStreams.sln")))
            folder = Directory.GetParent(folder)?.FullName ?? throw new DirectoryNotFoundException("CrashStreams.sln is in no folder above the tests.");
        return folder;
    }
}
