using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CrashStreams.Samples.Clickstream.Verification;

/// <summary>An event as the oracle reads it, by the field lists alone.</summary>
internal sealed partial record ShopEvent(string User, string Session, string Product, string Category, decimal Amount, long TimeMs)
{
    /// <summary>The highest event time read from its partition, its own included.</summary>
    public long Watermark { get; init; }

    public int Partition { get; init; }

    /// <summary>Null when it is malformed.</summary>
    public static ShopEvent? Read(bool isClick, byte[] value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            var fields = document.RootElement;
            if (fields.ValueKind != JsonValueKind.Object || Text("user_id") is not { } user || Text("product_id") is not { } product || Text("category") is not { } category
                || Text("timestamp") is not { } timestamp || Time(timestamp) is not { } time)
                return null;
            if (isClick)
                return Text("session_id") is { } session ? new(user, session, product, category, 0, time) : null;
            return fields.TryGetProperty("amount", out var amount) && amount.ValueKind == JsonValueKind.Number && amount.TryGetDecimal(out var sum) ? new(user, "", product, category, sum, time) : null;

            string? Text(string name) => fields.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long? Time(string text)
    {
        var parts = IsoText().Match(text);
        if (!parts.Success)
            return null;
        var offset = parts.Groups["offset"].Value is "" or "Z" or "z" ? "+00:00" : parts.Groups["offset"].Value;
        if (offset.Length == 3)
            offset += ":00";
        if (offset.Length == 5)
            offset = $"{offset[..3]}:{offset[3..]}";
        if (!DateTime.TryParseExact(parts.Groups["date"].Value + parts.Groups["time"].Value, "yyyy-MM-ddHH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            || !TimeSpan.TryParseExact(offset[1..], @"hh\:mm", CultureInfo.InvariantCulture, out var ahead))
            return null;
        var milliseconds = int.Parse(parts.Groups["decimals"].Value.PadRight(3, '0')[..3], CultureInfo.InvariantCulture);
        var utc = offset[0] == '-' ? local + ahead : local - ahead;
        return ((utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond) + milliseconds;
    }

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})([.,](?<decimals>[0-9]{1,9}))?(?<offset>[Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?\z")]
    private static partial Regex IsoText();
}
