namespace CrashStreams;

/// <summary>
/// Event times from ISO 8601 text, straight from UTF-8 bytes and without allocation: <c>2026-01-31T08:15:00Z</c>, <c>2026-01-31T08:15:00.123456789+01:00</c>, <c>2026-01-31 08:15:00</c>. Date and
/// time of day to the second, 0 to 9 decimals, then <c>Z</c>, an offset (<c>+01:00</c>, <c>+0100</c>, <c>+01</c>), or nothing, which is UTC.
/// </summary>
public static class IsoTime
{
    private const int MostDecimals = 9;
    private const int SecondsLength = 19; // 2026-01-31T08:15:00

    /// <summary>Reads a time that is the whole of a text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="milliseconds">Milliseconds since the Unix epoch; what is finer is cut off, towards the past.</param>
    /// <returns>Whether it is such a time.</returns>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long milliseconds)
    {
        milliseconds = 0;
        if (utf8.Length < SecondsLength || utf8[4] != '-' || utf8[7] != '-' || utf8[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || utf8[13] != ':' || utf8[16] != ':')
            return false;
        if (!TryDigits(utf8[..4], out var year) || !TryDigits(utf8[5..7], out var month) || !TryDigits(utf8[8..10], out var day)
            || !TryDigits(utf8[11..13], out var hour) || !TryDigits(utf8[14..16], out var minute) || !TryDigits(utf8[17..19], out var second))
            return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return false;
        var rest = utf8[SecondsLength..];
        if (!TryFraction(ref rest, out var fraction) || !TryOffset(rest, out var offsetMinutes))
            return false;
        var ticks = new DateTime(year, month, day, hour, minute, second).Ticks - DateTime.UnixEpoch.Ticks;
        milliseconds = (ticks / TimeSpan.TicksPerMillisecond) + fraction - (offsetMinutes * 60_000L);
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> rest, out int milliseconds)
    {
        milliseconds = 0;
        if (rest.IsEmpty || rest[0] is not ((byte)'.' or (byte)','))
            return true;
        var length = 0;
        for (rest = rest[1..]; length < rest.Length && rest[length] is >= (byte)'0' and <= (byte)'9'; length++)
        {
            if (length < 3)
                milliseconds = (milliseconds * 10) + rest[length] - '0';
        }

        for (var i = length; i < 3; i++)
            milliseconds *= 10;
        rest = rest[length..];
        return length is > 0 and <= MostDecimals;
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.IsEmpty || text is [(byte)'Z' or (byte)'z'])
            return true;
        if (text[0] is not ((byte)'+' or (byte)'-'))
            return false;
        var isColon = text.Length == 6 && text[3] == ':';
        if (text.Length is not (3 or 5) && !isColon)
            return false;
        var minute = 0;
        if (!TryDigits(text[1..3], out var hour) || (text.Length > 3 && !TryDigits(text[^2..], out minute)) || hour > 23 || minute > 59)
            return false;
        minutes = ((hour * 60) + minute) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var letter in text)
        {
            if (letter is < (byte)'0' or > (byte)'9')
                return false;
            number = (number * 10) + letter - '0';
        }

        return true;
    }
}
