using System.Globalization;
using System.Net;
using Amazon.Runtime;

namespace CrashStreams.Sinks.S3;

/// <summary>What went wrong at a storage, for people: what, where, and what to do.</summary>
internal static class S3Fault
{
    public const string NoSuchBucket = "NoSuchBucket";

    /// <summary>A sentence; null for what is no fault of the storage.</summary>
    public static string? Explain(Exception exception, S3Options options)
    {
        var where = options.Url.GetLeftPart(UriPartial.Authority);
        return exception switch
        {
            AmazonServiceException { ErrorCode: NoSuchBucket } => $"there is no bucket '{options.Bucket}' at {where}. Create it, or name another one.",
            AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } e =>
                $"the storage at {where} refuses access to bucket '{options.Bucket}' ({e.ErrorCode}). Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and what these keys may do.",
            AmazonServiceException { StatusCode: not 0 } e => string.Create(CultureInfo.InvariantCulture, $"the storage at {where} answered {(int)e.StatusCode} {e.ErrorCode}: {e.Message}"),
            OperationCanceledException or TimeoutException => string.Create(CultureInfo.InvariantCulture, $"the storage at {where} did not answer within {options.Timeout.TotalSeconds} s."),
            HttpRequestException or IOException or AmazonClientException => $"no storage answers at {where}: {Innermost(exception).Message.TrimEnd('.')}.",
            _ => null,
        };
    }

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
