using System.Globalization;

namespace CrashStreams.Sinks.S3;

/// <summary>Where a bucket is, and who uses it.</summary>
public sealed record S3Options
{
    /// <summary>The region of a storage that has none of its own.</summary>
    public const string DefaultRegion = "us-east-1";

    /// <summary>The storage's address, <c>https://s3.eu-central-1.amazonaws.com</c> or <c>http://localhost:9000</c>. The bucket follows in the path of requests.</summary>
    public required Uri Url { get; init; }

    /// <summary>The bucket, which exists.</summary>
    public required string Bucket { get; init; }

    /// <summary>The region that requests are signed for; <c>us-east-1</c> by default.</summary>
    public string Region { get; init; } = DefaultRegion;

    /// <summary>The access key's id.</summary>
    public required string AccessKeyId { get; init; }

    /// <summary>The access key's secret.</summary>
    public required string SecretAccessKey { get; init; }

    /// <summary>The token of keys that are valid for a while; null (default) for others.</summary>
    public string? SessionToken { get; init; }

    /// <summary>How long a request may take; 10 s by default. A longer one counts as failed.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a request that failed is sent again, after up to a second, before the failure is told; once by default. A sink tries again in any case, for as long as it takes.</summary>
    public int Retries { get; init; } = 1;

    /// <summary>
    /// Takes keys and region from the environment: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_SESSION_TOKEN</c> when the keys have one, and <c>AWS_REGION</c>
    /// (<c>us-east-1</c> when it is not set).
    /// </summary>
    /// <exception cref="IOException">The keys are not set.</exception>
    public static S3Options FromEnvironment(Uri url, string bucket) => new()
    {
        Url = url,
        Bucket = bucket,
        AccessKeyId = Variable("AWS_ACCESS_KEY_ID") ?? throw Missing("AWS_ACCESS_KEY_ID"),
        SecretAccessKey = Variable("AWS_SECRET_ACCESS_KEY") ?? throw Missing("AWS_SECRET_ACCESS_KEY"),
        SessionToken = Variable("AWS_SESSION_TOKEN"),
        Region = Variable("AWS_REGION") ?? DefaultRegion,
    };

    /// <summary>Checks what can be checked without the storage.</summary>
    /// <exception cref="ArgumentException">A value can't be used; the message says which and why.</exception>
    public void Validate()
    {
        if (!Url.IsAbsoluteUri || Url.Scheme is not ("http" or "https"))
            throw new ArgumentException($"'{Url}' is no address of a storage: write it like http://localhost:9000.");
        if (Bucket.Length is < 3 or > 63 || !Bucket.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
            throw new ArgumentException($"'{Bucket}' is no bucket's name: use 3 to 63 lower-case letters, digits, '-' and '.'.");
        if (Timeout <= TimeSpan.Zero)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{nameof(Timeout)} is {Timeout}: it must be more than zero."));
        if (Retries < 0)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{nameof(Retries)} is {Retries}: it must not be negative."));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static IOException Missing(string name) => new($"the environment variable {name} is not set: the storage's keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, its region from AWS_REGION.");
}
