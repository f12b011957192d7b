namespace CrashStreams.Sinks;

/// <summary>
/// Files in a folder, which several instances may share. A file is written under a name of its own that begins with a dot and ends in <c>.tmp</c>, flushed to the disk and renamed; then its
/// folder is flushed. What a killed process left of that is removed after an hour.
/// </summary>
/// <param name="path">The folder; created when it is missing.</param>
/// <param name="time">Tells the age of what was left behind; the system's clock by default.</param>
public sealed class LocalFolder(string path, TimeProvider? time = null) : IFileStorage
{
    private static readonly TimeSpan _leftoverAge = TimeSpan.FromHours(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>The folder.</summary>
    public string FolderPath { get; } = Path.GetFullPath(path);

    /// <summary>Creates the folder and writes to it, so that a wrong one is found before rows wait for it.</summary>
    /// <exception cref="IOException">Nothing can be written there; the message says what to do.</exception>
    public void CheckWritable()
    {
        try
        {
            Directory.CreateDirectory(FolderPath);
            RemoveLeftovers(FolderPath);
            var probe = TemporaryPath(FolderPath, "probe");
            try
            {
                File.WriteAllBytes(probe, [0]);
            }
            finally
            {
                // A full disk has taken the name, and not the byte.
                File.Delete(probe);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"nothing can be written to the folder '{FolderPath}' ({e.Message.TrimEnd('.')}). Choose another folder, permit writing there, or free space on its disk.", e);
        }
    }

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var final = Path.Combine(FolderPath, name.Replace('/', Path.DirectorySeparatorChar));
        var folder = Path.GetDirectoryName(final)!;
        Directory.CreateDirectory(folder);
        var temporary = TemporaryPath(folder, Path.GetFileName(final));
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(content.Span);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, final, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FlushNames(folder);
        return Task.CompletedTask;
    }

    // Unique, because an instance that has lost the task and does not know it yet may be writing the same file.
    private static string TemporaryPath(string folder, string name) => Path.Combine(folder, $".{name}.{Guid.NewGuid():N}.tmp");

    private void RemoveLeftovers(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles(".*.tmp", SearchOption.AllDirectories))
        {
            if (_time.GetUtcNow() - file.LastWriteTimeUtc > _leftoverAge)
                file.Delete();
        }
    }

    // The names of new subfolders are in the folders above them.
    private void FlushNames(string folder)
    {
        for (var at = folder; at is not null && at.Length >= FolderPath.Length; at = Path.GetDirectoryName(at))
            FolderFlush.Flush(at);
    }
}
