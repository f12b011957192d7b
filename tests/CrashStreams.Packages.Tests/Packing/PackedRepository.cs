using System.Text.RegularExpressions;

[assembly: AssemblyFixture(typeof(CrashStreams.Packages.Tests.Packing.PackedRepository))]

namespace CrashStreams.Packages.Tests.Packing;

/// <summary>Everything under src, packed once for all tests into a folder that serves as a feed.</summary>
public sealed class PackedRepository : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crashstreams-feed-");

    internal string Feed => _folder.FullName;

    internal IReadOnlyDictionary<string, Package> Packages { get; private set; } = new Dictionary<string, Package>();

    internal string Version => Packages["CrashStreams"].Version;

    public async ValueTask InitializeAsync()
    {
        await Command.RunAsync(
            Repository.Root,
            "dotnet",
            "msbuild", "eng/package/pack.proj", $"-p:PackageFolder={Feed}", $"-p:Configuration={Repository.Configuration}", "-p:NoBuild=true", "-m", "-nologo", "-v:q", "-nodeReuse:false");
        Packages = Directory.EnumerateFiles(Feed, "*.nupkg").Select(file => new Package(file)).ToDictionary(package => package.Id);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
