using System.Globalization;
using System.Text.Json;
using CrashStreams.Samples.Events;

namespace CrashStreams.Samples.Verification;

/// <summary>Rows as text that is equal where rows are: fields by name, numbers without trailing zeros, times in UTC.</summary>
internal static class RowText
{
    public static string Of(params IEnumerable<(string Name, object? Value)> fields) =>
        string.Join(", ", fields.OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => $"{field.Name}: {Text(field.Value)}"));

    /// <summary>A row of a topic; what is no JSON object is shown as it is.</summary>
    public static string OfJson(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Of(document.RootElement.EnumerateObject().Select(field => (field.Name, Value(field.Value))).ToArray())
                : document.RootElement.GetRawText();
        }
        catch (JsonException)
        {
            return $"no JSON: {System.Text.Encoding.UTF8.GetString(json)}";
        }
    }

    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDecimal(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => element.GetRawText(),
    };

    private static string Text(object? value) => value switch
    {
        null => "null",
        decimal number => (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture),
        DateTime time => time.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => $"{value}",
    };
}
