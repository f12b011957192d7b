namespace CrashStreams.Sinks;

/// <summary>Where a sink's files go: a folder, or object storage. Used by several threads at once.</summary>
public interface IFileStorage
{
    /// <summary>
    /// Stores a file as a whole: readers see all of it or nothing, and it is durable when the task has ended. One of the same name is replaced: a sink writes a file again when it does not know
    /// whether it was written, always with the same content.
    /// </summary>
    /// <param name="name">Folders and name, separated by slashes: <c>date=2026-01-31/app-revenue-0-000000000000-000000000041-5d2f0c11.parquet</c>.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="cancellation">The task has moved to another instance, or the application stops.</param>
    /// <exception cref="Exception">It can't be stored now; the sink says so, keeps the rows and tries again.</exception>
    Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);
}
