using CrashStreams.Packages.Tests.Packing;

namespace CrashStreams.Packages.Tests;

/// <summary>A user's folder: outside of the repository, with the packages from a feed and nothing else of this project.</summary>
internal sealed class FreshFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crashstreams-user-");

    public FreshFolder(PackedRepository repository) => Write(
        "nuget.config",
        $"""
        <configuration>
          <config><add key="globalPackagesFolder" value="{PathOf("packages")}" /></config>
          <packageSources><clear /><add key="feed" value="{repository.Feed}" /></packageSources>
          <fallbackPackageFolders><clear /><add key="restored" value="{Repository.RestoredPackages}" /></fallbackPackageFolders>
        </configuration>
        """);

    public string PathOf(params string[] parts) => Path.Combine([_folder.FullName, .. parts]);

    public void Write(string file, string text)
    {
        var path = PathOf(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Runs to the end.</summary>
    public Task<string> RunAsync(string program, params IEnumerable<string> arguments) => Command.RunAsync(_folder.FullName, program, arguments);

    /// <summary>Types lines of a shell, in order, as a user would.</summary>
    public Task<string> RunShellAsync(string lines) => RunAsync("bash", "-euc", lines);

    public void Dispose() => _folder.Delete(recursive: true);
}
