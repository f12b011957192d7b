using CrashStreams.Sinks;

namespace CrashStreams.Samples.Learning.Storage;

/// <summary>Where views are stored: object storage, or a folder.</summary>
internal interface IViewStorage : IFileStorage
{
    /// <summary>The names of all files that begin with a prefix.</summary>
    IAsyncEnumerable<string> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>A file's bytes; null when there is none.</summary>
    Task<byte[]?> GetAsync(string name, CancellationToken cancellation);

    /// <summary>Removes a file if it is there.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation);
}
