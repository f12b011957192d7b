using System.Runtime.CompilerServices;
using CrashStreams.Sinks.S3;

namespace CrashStreams.Samples.Learning.Storage;

/// <summary>Views in a bucket of object storage.</summary>
internal sealed class ObjectViews(S3Bucket bucket) : IViewStorage
{
    public string Address => bucket.Address;

    public Task CheckAsync(CancellationToken cancellation) => bucket.CheckAsync(cancellation);

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => bucket.PutAsync(name, content, cancellation);

    public async IAsyncEnumerable<StoredFile> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var found in bucket.ListAsync(prefix, cancellation))
            yield return new(found.Name, found.Version);
    }

    public Task<byte[]?> GetAsync(string name, CancellationToken cancellation) => bucket.GetAsync(name, cancellation);

    public Task DeleteAsync(string name, CancellationToken cancellation) => bucket.DeleteAsync(name, cancellation);
}
