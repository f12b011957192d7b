using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// How the oracle reads a line: plainly, with the platform's reader only, and on purpose with nothing of what the monitor itself uses,
/// so that a fault in either shows.
/// </summary>
internal sealed class LineReader(CrashMonitorOptions options)
{
    /// <summary>The event time in the first top-level field <c>timestamp</c>, readable even where what follows is broken; else -1.</summary>
    public long TimestampMs { get; private set; }

    /// <summary>The user; empty when the line is malformed.</summary>
    public string User { get; private set; } = "";

    /// <summary>Whether the line is a well-formed severe crash.</summary>
    public bool IsMatch { get; private set; }

    /// <summary>Why the line is malformed, else null.</summary>
    public string? Fault { get; private set; }

    public void Read(ReadOnlySpan<byte> line)
    {
        var faults = new Dictionary<string, string?>
        {
            ["timestamp"] = MalformedReason.MissingTimestamp,
            ["severity"] = MalformedReason.MissingSeverity,
            ["user_id"] = MalformedReason.MissingUser,
            ["content"] = MalformedReason.MissingContent,
        };
        var fields = new Dictionary<string, string>();
        (TimestampMs, User, IsMatch, Fault) = (-1, "", false, null);
        try
        {
            ReadFields(new Utf8JsonReader(line), fields, faults);
        }
        catch (JsonException)
        {
            Fault = MalformedReason.NotJson;
        }

        if (!Utf8.IsValid(line))
            Fault = MalformedReason.InvalidUtf8;
        if (line.Length > options.MaxValueBytes)
            Fault = MalformedReason.TooLarge;
        Fault ??= faults.Values.FirstOrDefault(fault => fault is not null);
        if (Fault is not null)
            return;
        User = fields["user_id"];
        IsMatch = fields["severity"] is "High" or "Critical"
            && fields["content"].Contains("crash", options.CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
    }

    private void ReadFields(Utf8JsonReader reader, Dictionary<string, string> fields, Dictionary<string, string?> faults)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("No object.");
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                continue;
            var name = Unescape(reader.ValueSpan);
            var isWanted = faults.ContainsKey(name) && fields.TryAdd(name, "");
            reader.Read();
            if (!isWanted || reader.TokenType == JsonTokenType.Null)
                continue;
            faults[name] = name == "timestamp" ? ReadTimestamp(ref reader) : ReadText(ref reader, name, fields);
        }
    }

    private static string? ReadText(ref Utf8JsonReader reader, string name, Dictionary<string, string> fields)
    {
        var text = fields[name] = reader.TokenType == JsonTokenType.String ? Unescape(reader.ValueSpan) : "\uD800";
        return name switch
        {
            "severity" => text is "Low" or "Medium" or "High" or "Critical" ? null : MalformedReason.BadSeverity,
            "user_id" => text.Length > 0 && IsUnicode(text) ? null : MalformedReason.BadUser,
            _ => reader.TokenType == JsonTokenType.String ? null : MalformedReason.BadContent,
        };
    }

    private string? ReadTimestamp(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number || !long.TryParse(Encoding.ASCII.GetString(reader.ValueSpan), out var number))
            return MalformedReason.TimestampNotInteger;
        if (number < 0)
            return MalformedReason.TimestampNegative;
        if (number > 100_000_000_000_000)
            return MalformedReason.TimestampOutOfRange;
        var isBig = number > 100_000_000_000;
        if (options.TimestampUnit == TimestampUnit.EpochSeconds && isBig)
            return MalformedReason.TimestampInMilliseconds;
        if (options.TimestampUnit == TimestampUnit.EpochMilliseconds && number is >= 1_000_000_000 and < 10_000_000_000)
            return MalformedReason.TimestampInSeconds;
        TimestampMs = isBig || options.TimestampUnit == TimestampUnit.EpochMilliseconds ? number : number * 1000;
        return null;
    }

    /// <summary>Whether each surrogate has its other half.</summary>
    private static bool IsUnicode(string text) => string.Concat(text.EnumerateRunes()) == text;

    private static string Unescape(ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        if (!text.Contains('\\'))
            return text;
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            var escape = text[++i];
            plain.Append(escape switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)Convert.ToUInt16(text.Substring(i + 1, 4), 16),
                _ => escape,
            });
            if (escape == 'u')
                i += 4;
        }

        return plain.ToString();
    }
}
