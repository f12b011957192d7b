using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace CrashStreams.Sinks.S3;

/// <summary>
/// A bucket of S3, or of a storage that speaks its protocol, as a sink's storage and for those who read what the sink has written. Addresses have the bucket in the path, contents are sent whole, and
/// nothing relies on conditional requests: any storage will do. Thread-safe.
/// </summary>
public sealed class S3Bucket : IFileStorage, IDisposable
{
    private readonly S3Options _options;
    private readonly AmazonS3Client _client;

    /// <summary>Describes how to reach a bucket; nothing is connected yet.</summary>
    /// <exception cref="ArgumentException">An option can't be used.</exception>
    public S3Bucket(S3Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        AWSCredentials keys = options.SessionToken is { } token
            ? new SessionAWSCredentials(options.AccessKeyId, options.SecretAccessKey, token)
            : new BasicAWSCredentials(options.AccessKeyId, options.SecretAccessKey);
        _client = new(keys, new AmazonS3Config
        {
            ServiceURL = options.Url.AbsoluteUri,
            AuthenticationRegion = options.Region,
            ForcePathStyle = true,
            Timeout = options.Timeout,
            MaxErrorRetry = options.Retries,
            // Checksums that the protocol does not demand would be sent behind the content, in a framing that not every storage takes off again.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    /// <summary>Where it is, for people.</summary>
    public string Address => $"{_options.Url.GetLeftPart(UriPartial.Authority)}/{_options.Bucket}";

    /// <summary>Objects that a request lists at most; 1,000 is the protocol's limit.</summary>
    internal int PageSize { get; init; } = 1_000;

    /// <summary>Completes when the bucket answers.</summary>
    /// <exception cref="IOException">It does not; the message says why and what to do.</exception>
    public Task CheckAsync(CancellationToken cancellation) =>
        AskAsync(async () => await _client.ListObjectsAsync(new ListObjectsRequest { BucketName = _options.Bucket, MaxKeys = 1 }, cancellation).ConfigureAwait(false), cancellation);

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => AskAsync(
        async () =>
        {
            using var stream = StreamOf(content);
            return await _client.PutObjectAsync(new() { BucketName = _options.Bucket, Key = name, InputStream = stream, UseChunkEncoding = false, AutoCloseStream = false }, cancellation).ConfigureAwait(false);
        },
        cancellation);

    /// <summary>An object's content; null when there is none of that name.</summary>
    /// <exception cref="IOException">The storage does not answer, or refuses.</exception>
    public Task<byte[]?> GetAsync(string name, CancellationToken cancellation) => AskAsync(
        async () =>
        {
            try
            {
                using var answer = await _client.GetObjectAsync(new() { BucketName = _options.Bucket, Key = name }, cancellation).ConfigureAwait(false);
                using var content = new MemoryStream();
                await answer.ResponseStream.CopyToAsync(content, cancellation).ConfigureAwait(false);
                return content.ToArray();
            }
            catch (AmazonServiceException e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != S3Fault.NoSuchBucket)
            {
                return null;
            }
        },
        cancellation);

    /// <summary>The objects whose names begin with a prefix, by name.</summary>
    /// <exception cref="IOException">The storage does not answer, or refuses.</exception>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Version 1 of the request goes on behind a name. The tokens of version 2 are made with ciphers that not every server has (s3rver with OpenSSL 3).
        string? last = null;
        while (true)
        {
            var request = new ListObjectsRequest { BucketName = _options.Bucket, Prefix = prefix, Marker = last, MaxKeys = PageSize };
            var page = await AskAsync(() => _client.ListObjectsAsync(request, cancellation), cancellation).ConfigureAwait(false);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return new(found.Key, found.Size ?? 0, found.ETag);
                last = found.Key;
            }

            if (page.IsTruncated != true || page.S3Objects is not { Count: > 0 })
                yield break;
        }
    }

    /// <summary>Removes an object; there may be none of that name.</summary>
    /// <exception cref="IOException">The storage does not answer, or refuses.</exception>
    public Task DeleteAsync(string name, CancellationToken cancellation) =>
        AskAsync(async () => await _client.DeleteObjectAsync(new() { BucketName = _options.Bucket, Key = name }, cancellation).ConfigureAwait(false), cancellation);

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();

    private static MemoryStream StreamOf(ReadOnlyMemory<byte> content) =>
        MemoryMarshal.TryGetArray(content, out var array) ? new(array.Array!, array.Offset, array.Count, writable: false) : new(content.ToArray(), writable: false);

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && S3Fault.Explain(e, _options) is { } reason)
        {
            throw new IOException(reason, e);
        }
    }
}
