using System.Globalization;
using System.Text;
using System.Text.Json;
using CrashStreams.Samples.Events;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Learning.Verification;

/// <summary>Rows as the serving layer answers them.</summary>
internal static class ApiRows
{
    /// <summary>Asks for the rows of windows that end in (from, to].</summary>
    /// <exception cref="IOException">There is no good answer.</exception>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(HttpClient http, string view, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        var address = new Uri($"/views/{view}?from={Text(from)}&to={Text(to)}", UriKind.Relative);
        try
        {
            using var answer = await http.GetAsync(address, cancellation);
            var body = await answer.Content.ReadAsByteArrayAsync(cancellation);
            return answer.IsSuccessStatusCode
                ? [.. JsonDocument.Parse(body).RootElement.EnumerateArray()]
                : throw new IOException($"{http.BaseAddress}{address} answered {(int)answer.StatusCode}: {Encoding.UTF8.GetString(body)}");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{http.BaseAddress} does not answer: {e.Message}", e);
        }
    }

    /// <summary>Takes the rows of a view over all times.</summary>
    public static async Task FindAsync(RowCheck check, HttpClient http, CancellationToken cancellation)
    {
        foreach (var row in await ReadAsync(http, check.What, DateTimeOffset.UnixEpoch, _end, cancellation))
            check.Find(RowText.OfJson(Encoding.UTF8.GetBytes(row.GetRawText())));
    }

    private static readonly DateTimeOffset _end = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture);
}
