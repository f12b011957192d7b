using System.Globalization;
using System.Text;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Batch;

/// <summary>
/// How far the batch rows of a view go: the file <c>batch_views/VIEW/_end</c> holds an ISO time. All rows of windows that end until then are in the view's batch files; what else is there is from
/// a batch that has not ended well, and does not count.
/// </summary>
internal static class BatchEnd
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string NameOf(View view) => $"{ViewFiles.BatchRoot}/{view.Name}/_end";

    /// <summary>Null when there was no batch.</summary>
    public static async Task<DateTimeOffset?> ReadAsync(IViewStorage storage, View view, CancellationToken cancellation) =>
        await storage.GetAsync(NameOf(view), cancellation) is { } bytes ? Parse(bytes) : null;

    public static Task WriteAsync(IViewStorage storage, View view, DateTimeOffset end, CancellationToken cancellation) =>
        storage.PutAsync(NameOf(view), Encoding.UTF8.GetBytes(end.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture)), cancellation);

    /// <exception cref="InvalidDataException">The file holds no time.</exception>
    public static DateTimeOffset Parse(ReadOnlySpan<byte> bytes) => IsoTime.TryParse(bytes, out var milliseconds)
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new InvalidDataException($"a file {ViewFiles.BatchRoot}/VIEW/_end holds no time. Run the batch again.");
}
