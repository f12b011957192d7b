using System.Reflection;
using System.Xml.Linq;

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

    /// <summary>The version that this project uses of somebody else's package.</summary>
    public static string VersionOf(string package) =>
        (string)XDocument.Load(PathOf("Directory.Packages.props")).Descendants("PackageVersion").Single(element => (string?)element.Attribute("Include") == package).Attribute("Version")!;

    private static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
