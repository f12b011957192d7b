using System.Globalization;
using System.Text.RegularExpressions;

namespace CrashStreams.Samples.Verification;

/// <summary>Times as the oracles read them: not by the code that the applications use.</summary>
internal static partial class IsoText
{
    /// <summary>Milliseconds since the Unix epoch; null when the text is no time.</summary>
    public static long? Milliseconds(string text)
    {
        var parts = Form().Match(text);
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
    private static partial Regex Form();
}
