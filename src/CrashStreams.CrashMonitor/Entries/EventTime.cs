using System.Buffers.Text;
using System.Text.Json;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Reads a log line's event time from its bytes and nothing else: of a record that no one will parse, the time is all that matters.
/// It is the number in the first top-level field <c>timestamp</c>; what follows that field is not looked at.
/// </summary>
public static class EventTime
{
    /// <summary>Reads the time; false with the reason (see <see cref="MalformedReason"/>) where there is none.</summary>
    /// <param name="value">A record's value.</param>
    /// <param name="unit">What the field counts.</param>
    /// <param name="timestampMs">Milliseconds since the Unix epoch.</param>
    /// <param name="reason">Why not, else null.</param>
    public static bool TryRead(ReadOnlySpan<byte> value, TimestampUnit unit, out long timestampMs, out string? reason)
    {
        if (TryReadLeading(value, out var number) || TryReadFlat(value, out number))
            return unit.TryToMilliseconds(number, out timestampMs, out reason);
        reason = ReadAny(value, unit, out timestampMs);
        return reason is null;
    }

    /// <summary>The usual layout: the field comes first, and its number is followed by a comma.</summary>
    private static bool TryReadLeading(ReadOnlySpan<byte> value, out long number)
    {
        number = 0;
        var start = "{\"timestamp\":"u8;
        if (!value.StartsWith(start))
            return false;
        value = value[start.Length..];
        if (value.Length > 0 && value[0] == ' ')
            value = value[1..];

        var digits = 0;
        for (; digits < value.Length && digits < 18 && value[digits] - '0' is >= 0 and <= 9; digits++)
            number = (number * 10) + (value[digits] - '0');
        return digits > 0 && digits < value.Length && value[digits] == ',' && (value[0] != '0' || digits == 1);
    }

    private static bool TryReadFlat(ReadOnlySpan<byte> value, out long number)
    {
        number = 0;
        var fields = new FlatJson(value);
        while (fields.NextField())
        {
            if (fields.Name.SequenceEqual("timestamp"u8))
                return !fields.IsText && Utf8Parser.TryParse(fields.Value, out number, out var read) && read == fields.Value.Length;
        }

        return false;
    }

    private static string? ReadAny(ReadOnlySpan<byte> value, TimestampUnit unit, out long timestampMs)
    {
        timestampMs = 0;
        // What doesn't begin as an object ends here, without the exception that the reader would throw.
        var trimmed = value.TrimStart(" \t\r\n"u8);
        if (trimmed.IsEmpty || trimmed[0] != '{')
            return MalformedReason.NotJson;
        try
        {
            var reader = new Utf8JsonReader(value);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("timestamp"u8))
                    return reader.Read() ? LogEntryReader.TimestampFault(ref reader, unit, out timestampMs) : MalformedReason.NotJson;
                reader.Skip();
            }

            return MalformedReason.MissingTimestamp;
        }
        catch (JsonException)
        {
            return MalformedReason.NotJson;
        }
    }
}
