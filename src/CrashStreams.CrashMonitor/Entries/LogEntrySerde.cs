using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Log lines in JSON: <c>timestamp</c>, <c>severity</c>, <c>user_id</c> and <c>content</c> are read, other fields are skipped.
/// Reading allocates nothing but the strings of users not seen lately, and answers every malformed value with a
/// <see cref="MalformedReason"/> instead of an exception.
/// </summary>
public sealed class LogEntrySerde : Serde<LogEntry>
{
    private readonly UserIdPool _users = UserIdPool.Shared;
    private readonly TimestampUnit _unit;
    private readonly bool _caseSensitive;
    private readonly int _maxBytes;

    /// <param name="unit">What <c>timestamp</c> counts.</param>
    /// <param name="caseSensitive">Whether only "crash" in lower case is a crash.</param>
    /// <param name="maxBytes">Longer values are malformed.</param>
    public LogEntrySerde(TimestampUnit unit = TimestampUnit.EpochSeconds, bool caseSensitive = false, int maxBytes = CrashMonitorOptions.DefaultMaxValueBytes)
    {
        _unit = unit;
        _caseSensitive = caseSensitive;
        _maxBytes = maxBytes;
    }

    /// <inheritdoc/>
    public override LogEntry Deserialize(ReadOnlySpan<byte> data)
        => TryDeserialize(data, out var entry, out var reason) ? entry : throw new SerdeException(reason!);

    /// <inheritdoc/>
    public override bool TryDeserialize(ReadOnlySpan<byte> data, out LogEntry value, out string? reason)
    {
        value = default;
        reason = data.Length > _maxBytes ? MalformedReason.TooLarge : !Utf8.IsValid(data) ? MalformedReason.InvalidUtf8 : null;
        if (reason is not null)
            return false;
        if (TryReadFlat(data, out value))
            return true;
        reason = ReadAny(data, out value);
        return reason is null;
    }

    /// <summary>Writes a line that reads as this entry; it has no other fields, and of its text only the word that matters.</summary>
    public override void Serialize(LogEntry value, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("timestamp"u8, _unit.ToNumber(value.TimestampMs));
        json.WriteString("severity"u8, SeverityText.Of(value.Severity));
        json.WriteString("user_id"u8, value.UserId);
        json.WriteString("content"u8, value.MentionsCrash ? "crash"u8 : ""u8);
        json.WriteEndObject();
    }

    /// <summary>The way of any JSON, and of all that is wrong.</summary>
    internal string? ReadAny(ReadOnlySpan<byte> json, out LogEntry entry) => new LogEntryReader(_users, _unit, _caseSensitive).Read(json, out entry);

    /// <summary>The way of a line as programs write it; false sends the line the other way.</summary>
    internal bool TryReadFlat(ReadOnlySpan<byte> json, out LogEntry entry)
    {
        entry = default;
        var (number, severity) = (0L, default(Severity));
        ReadOnlySpan<byte> user = default, content = default;
        var seen = Fields.None;

        var fields = new FlatJson(json);
        while (fields.NextField())
        {
            var field = Recognize(fields.Name);
            if (field == Fields.None)
                continue;
            if ((seen & field) != 0 || fields.IsText == (field == Fields.Timestamp))
                return false;
            seen |= field;
            switch (field)
            {
                case Fields.Timestamp when Utf8Parser.TryParse(fields.Value, out number, out var read) && read == fields.Value.Length:
                case Fields.Severity when SeverityText.TryParse(fields.Value, out severity):
                    break;
                case Fields.User when !fields.Value.IsEmpty:
                    user = fields.Value;
                    break;
                case Fields.Content:
                    content = fields.Value;
                    break;
                default:
                    return false;
            }
        }

        if (fields.IsUnusual || seen != Fields.All || !_unit.TryToMilliseconds(number, out var timestampMs, out _))
            return false;
        entry = new(timestampMs, severity, _users.Get(user), CrashText.IsIn(content, _caseSensitive));
        return true;
    }

    private static Fields Recognize(ReadOnlySpan<byte> name) => name.Length switch
    {
        9 when name.SequenceEqual("timestamp"u8) => Fields.Timestamp,
        8 when name.SequenceEqual("severity"u8) => Fields.Severity,
        7 when name.SequenceEqual("user_id"u8) => Fields.User,
        7 when name.SequenceEqual("content"u8) => Fields.Content,
        _ => Fields.None,
    };

    [Flags]
    private enum Fields
    {
        None = 0,
        Timestamp = 1,
        Severity = 2,
        User = 4,
        Content = 8,
        All = 15,
    }
}
