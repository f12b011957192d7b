using System.Reflection;

namespace CrashStreams.Packages.Tests;

/// <summary>The clone that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    /// <summary>The packages that the build restored: fresh projects find there what this project's packages depend on, without asking a registry.</summary>
    public static string RestoredPackages { get; } = Metadata("NuGetPackageRoot");

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Paths of projects under src.</summary>
    public static IEnumerable<string> Libraries => Directory.EnumerateFiles(PathOf("src"), "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 });

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
