using System.Globalization;
using System.Runtime.CompilerServices;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Learning.Storage;

/// <summary>Views in a folder.</summary>
internal sealed class FolderViews(string path) : IViewStorage
{
    private readonly LocalFolder _folder = new(path);

    public string Address => _folder.FolderPath;

    /// <exception cref="IOException">Nothing can be written there.</exception>
    public void CheckWritable() => _folder.CheckWritable();

    public Task CheckAsync(CancellationToken cancellation) =>
        Directory.Exists(Address) ? Task.CompletedTask : Task.FromException(new IOException($"there is no folder '{Address}'."));

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => _folder.PutAsync(name, content, cancellation);

    public async IAsyncEnumerable<StoredFile> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        var below = Path.Combine(_folder.FolderPath, prefix[..(prefix.LastIndexOf('/') + 1)]);
        if (!Directory.Exists(below))
            yield break;
        foreach (var file in Directory.EnumerateFiles(below, "*", SearchOption.AllDirectories))
        {
            cancellation.ThrowIfCancellationRequested();
            var name = Path.GetRelativePath(_folder.FolderPath, file).Replace(Path.DirectorySeparatorChar, '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal) && !name.EndsWith(".tmp", StringComparison.Ordinal))
                yield return new(name, string.Create(CultureInfo.InvariantCulture, $"{File.GetLastWriteTimeUtc(file).Ticks}"));
        }
    }

    public async Task<byte[]?> GetAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await File.ReadAllBytesAsync(Path.Combine(_folder.FolderPath, name), cancellation);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellation)
    {
        var path = Path.Combine(_folder.FolderPath, name);
        if (File.Exists(path))
            File.Delete(path);
        return Task.CompletedTask;
    }
}
