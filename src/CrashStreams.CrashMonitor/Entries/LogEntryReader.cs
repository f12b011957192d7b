using System.Text.Json;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Reads a log entry from any JSON, with the platform's reader: the definition of what is well-formed and of the reason where it is not.
/// Of a field that is there twice the first one counts. Fields that the monitor doesn't know may hold anything.
/// </summary>
internal readonly struct LogEntryReader(UserIdPool users, TimestampUnit unit, bool caseSensitive)
{
    /// <summary>Null when <paramref name="entry"/> was read, else why not.</summary>
    public string? Read(ReadOnlySpan<byte> json, out LogEntry entry)
    {
        entry = default;
        // Most of what isn't JSON ends here, without the exception that the reader would throw.
        var trimmed = json.Trim(" \t\r\n"u8);
        if (trimmed.Length < 2 || trimmed[0] != '{' || trimmed[^1] != '}')
            return MalformedReason.NotJson;
        try
        {
            return ReadObject(new Utf8JsonReader(json), out entry);
        }
        catch (JsonException)
        {
            return MalformedReason.NotJson;
        }
    }

    private string? ReadObject(Utf8JsonReader reader, out LogEntry entry)
    {
        entry = default;
        var (timestampMs, severity, userId, mentionsCrash) = (0L, default(Severity), "", false);
        var timestampFault = MalformedReason.MissingTimestamp;
        var severityFault = MalformedReason.MissingSeverity;
        var userFault = MalformedReason.MissingUser;
        var contentFault = MalformedReason.MissingContent;
        var (sawTimestamp, sawSeverity, sawUser, sawContent) = (false, false, false, false);

        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!sawTimestamp && (sawTimestamp = reader.ValueTextEquals("timestamp"u8)))
                timestampFault = reader.Read() ? TimestampFault(ref reader, unit, out timestampMs) : null;
            else if (!sawSeverity && (sawSeverity = reader.ValueTextEquals("severity"u8)))
                severityFault = reader.Read() ? SeverityFault(ref reader, out severity) : null;
            else if (!sawUser && (sawUser = reader.ValueTextEquals("user_id"u8)))
                userFault = reader.Read() ? UserFault(ref reader, out userId) : null;
            else if (!sawContent && (sawContent = reader.ValueTextEquals("content"u8)))
                contentFault = reader.Read() ? ContentFault(ref reader, out mentionsCrash) : null;
            reader.Skip();
        }

        reader.Read(); // what follows the object would throw here
        if ((timestampFault ?? severityFault ?? userFault ?? contentFault) is { } fault)
            return fault;
        entry = new(timestampMs, severity, userId, mentionsCrash);
        return null;
    }

    /// <summary>Null when the token is a time, else why not.</summary>
    public static string? TimestampFault(ref Utf8JsonReader reader, TimestampUnit unit, out long timestampMs)
    {
        timestampMs = 0;
        if (reader.TokenType == JsonTokenType.Null)
            return MalformedReason.MissingTimestamp;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number))
            return MalformedReason.TimestampNotInteger;
        unit.TryToMilliseconds(number, out timestampMs, out var reason);
        return reason;
    }

    private static string? SeverityFault(ref Utf8JsonReader reader, out Severity severity)
    {
        severity = default;
        if (reader.TokenType == JsonTokenType.Null)
            return MalformedReason.MissingSeverity;
        if (reader.TokenType != JsonTokenType.String)
            return MalformedReason.BadSeverity;
        for (severity = Severity.Low; severity <= Severity.Critical; severity++)
        {
            if (reader.ValueTextEquals(SeverityText.Of(severity)))
                return null;
        }

        return MalformedReason.BadSeverity;
    }

    private string? UserFault(ref Utf8JsonReader reader, out string userId)
    {
        userId = "";
        if (reader.TokenType == JsonTokenType.Null)
            return MalformedReason.MissingUser;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.IsEmpty)
            return MalformedReason.BadUser;
        try
        {
            userId = reader.ValueIsEscaped ? reader.GetString()! : users.Get(reader.ValueSpan);
            return null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: JSON allows to write it, UTF-8 has no bytes for it, so it can be no key.
            return MalformedReason.BadUser;
        }
    }

    private string? ContentFault(ref Utf8JsonReader reader, out bool mentionsCrash)
    {
        mentionsCrash = false;
        if (reader.TokenType == JsonTokenType.Null)
            return MalformedReason.MissingContent;
        if (reader.TokenType != JsonTokenType.String)
            return MalformedReason.BadContent;
        mentionsCrash = reader.ValueIsEscaped
            ? EscapedText.ContainsCrash(reader.ValueSpan, caseSensitive)
            : CrashText.IsIn(reader.ValueSpan, caseSensitive);
        return null;
    }
}
