using System.Globalization;
using System.Text;

namespace CrashStreams.Broker;

/// <summary>Text that came from a client, as it may stand in a log or in the message of an answer: on one line, without what a terminal takes for a command, and not for ever.</summary>
internal static class ClientText
{
    private const int MaxLength = 200;

    /// <summary>Control, format and other characters that show nothing become <c>\uXXXX</c>; what is longer than 200 characters is cut.</summary>
    public static string Escape(string text)
    {
        var isPlain = text.Length <= MaxLength && text.All(IsPlain);
        if (isPlain)
            return text;
        var escaped = new StringBuilder();
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            if (IsPlain(character))
                escaped.Append(character);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
        }
        if (text.Length > MaxLength)
            escaped.Append(CultureInfo.InvariantCulture, $"… ({text.Length} characters)");
        return escaped.ToString();
    }

    private static bool IsPlain(char character) => character != '\\' && char.GetUnicodeCategory(character) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
