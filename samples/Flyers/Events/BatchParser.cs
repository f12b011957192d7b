using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace CrashStreams.Samples.Flyers.Events;

/// <summary>What is wrong with an element of a batch.</summary>
internal sealed record BatchFault(int Index, string Fault);

/// <summary>Reads the body of a request: an array of events, or one event. All of it is taken or nothing.</summary>
internal static class BatchParser
{
    /// <summary>The largest event, as it was sent: a topic takes records of up to 1 MB by default, and escaped text grows.</summary>
    public const int MaxEventBytes = 100_000;

    /// <summary>The events, or what is wrong with each that is malformed.</summary>
    /// <exception cref="JsonException">The body is no JSON, or neither an array nor an object.</exception>
    public static (List<FlyerEvent> Events, List<BatchFault> Faults) Parse(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var elements = document.RootElement.ValueKind switch
        {
            JsonValueKind.Array => document.RootElement.EnumerateArray().ToList(),
            JsonValueKind.Object => [document.RootElement],
            _ => throw new JsonException("The body must be an array of events, or one event."),
        };
        var (events, faults) = (new List<FlyerEvent>(elements.Count), new List<BatchFault>());
        foreach (var (index, element) in elements.Index())
        {
            try
            {
                events.Add(Read(element));
            }
            catch (FormatException e)
            {
                faults.Add(new(index, e.Message));
            }
        }

        return (events, faults);
    }

    private static FlyerEvent Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new FormatException("an event is a JSON object");
        if (JsonMarshal.GetRawUtf8Value(element).Length > MaxEventBytes)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"an event has at most {MaxEventBytes:N0} bytes"));
        var second = Second(Text(element, "timestamp"));
        return new(second, Text(element, "user_id"), Text(element, "event"), Text(element, "flyer_id"), Text(element, "merchant_id"), OptionalText(element, "event_id"));
    }

    private static string Text(JsonElement element, string field) => OptionalText(element, field) ?? throw new FormatException($"{field} is missing");

    private static string? OptionalText(JsonElement element, string field)
    {
        if (!element.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            throw new FormatException($"{field} is no text");
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"{field} has half of a surrogate pair");
        }
    }

    private static long Second(string timestamp)
    {
        if (!IsoTime.TryParse(Encoding.UTF8.GetBytes(timestamp), out var milliseconds))
            throw new FormatException("timestamp is no ISO 8601 time");
        return (long)Math.Floor(milliseconds / 1000.0);
    }
}
