using CrashStreams.Sinks;

namespace CrashStreams.Samples.Learning.Storage;

/// <summary>Where views are stored: object storage, or a folder.</summary>
internal interface IViewStorage : IFileStorage
{
    /// <summary>Where it is, for people.</summary>
    string Address { get; }

    /// <summary>Completes when it answers.</summary>
    /// <exception cref="IOException">It does not; the message says why.</exception>
    Task CheckAsync(CancellationToken cancellation);

    /// <summary>The files whose names begin with a prefix.</summary>
    IAsyncEnumerable<StoredFile> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>A file's bytes; null when there is none.</summary>
    Task<byte[]?> GetAsync(string name, CancellationToken cancellation);

    /// <summary>Removes a file if it is there.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation);
}
