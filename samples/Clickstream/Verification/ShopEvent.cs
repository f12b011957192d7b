using System.Text.Json;
using System.Text.Unicode;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Clickstream.Verification;

/// <summary>An event as the oracle reads it, by the field lists alone.</summary>
internal sealed record ShopEvent(string User, string Session, string Product, string Category, decimal Amount, long TimeMs)
{
    /// <summary>The highest event time read from its partition, its own included.</summary>
    public long Watermark { get; init; }

    public int Partition { get; init; }

    /// <summary>Null when it is malformed.</summary>
    public static ShopEvent? Read(bool isClick, byte[] value)
    {
        // Parsing looks only at the texts that are asked for.
        if (!Utf8.IsValid(value))
            return null;
        try
        {
            using var document = JsonDocument.Parse(value);
            var fields = document.RootElement;
            if (fields.ValueKind != JsonValueKind.Object || Text("user_id") is not { } user || Text("product_id") is not { } product || Text("category") is not { } category
                || Text("timestamp") is not { } timestamp || IsoText.Milliseconds(timestamp) is not { } time)
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
}
